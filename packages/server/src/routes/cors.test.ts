/** Tests what web pages of other origins may send and read (Fetch standard, CORS protocol). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { createTestServer } from "../../test/server.ts";

const APP = "https://app.example";
const { ep11, calls } = createDouble();
const server = createTestServer({ ep11 });
let base: string;
beforeAll(async () => {
  const { port } = await server.listen({ port: 0, allowedOrigins: [APP] });
  base = `http://127.0.0.1:${port}/grep11.Crypto/GetMechanismList`;
});
afterAll(() => server.close({ graceMs: 0 }));

/**
 * Sends the CORS preflight request for a page of `origin` that wants to send the headers `wanted`. Returns the
 * response.
 */
const preflight = (origin: string, wanted: string) =>
  fetch(base, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      ...(wanted !== "" && { "access-control-request-headers": wanted }),
    },
  });

const listOf = (response: Response, name: string) => response.headers.get(name)?.toLowerCase().split(/,\s*/) ?? [];

describe("a preflight", () => {
  it.each([
    ["Google's grpc-web", "content-type,grpc-timeout,x-grpc-web,x-user-agent"],
    ["connect-web", "connect-protocol-version,connect-timeout-ms,content-type"],
    ["connect-web over gRPC-Web", "content-type,grpc-timeout,x-grpc-web,x-user-agent"],
    ["a client of IBM's cloud", "authorization,bluemix-instance,content-type"],
    ["a client that traces its calls", "baggage,traceparent,tracestate"],
    ["a client with metadata of its own", "X-Request-Id, x-trace-bin"],
    ["a client that compresses", "content-encoding,grpc-accept-encoding,grpc-encoding"],
  ])("allows the headers of %s", async (_, wanted) => {
    const response = await preflight(APP, wanted);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    expect(listOf(response, "access-control-allow-methods")).toContain("post");
    expect(listOf(response, "access-control-allow-headers")).toEqual(
      expect.arrayContaining(wanted.toLowerCase().split(/,\s*/)),
    );
  });

  it("lists the headers of GREP11 clients, whatever the page asks for", async () => {
    expect(listOf(await preflight(APP, ""), "access-control-allow-headers")).toEqual(
      expect.arrayContaining(["authorization", "bluemix-instance", "content-type", "grpc-timeout", "x-grpc-web"]),
    );
  });

  it("repeats only field names", async () => {
    const allowed = listOf(await preflight(APP, "a:b, <c>, *, d\te, f"), "access-control-allow-headers");
    expect(allowed.slice(-4)).toEqual(["*", "d", "e", "f"]);
    for (const name of ["a:b", "<c>"]) expect(allowed).not.toContain(name);
  });

  it("allows nothing to another origin", async () => {
    const response = await preflight("https://evil.example", "x-own");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(listOf(response, "access-control-allow-headers")).not.toContain("x-own");
  });
});

describe("a call", () => {
  const call = (origin: string) =>
    fetch(base, { method: "POST", headers: { origin, "content-type": "application/json" }, body: "{}" });

  it("of an allowed origin is served, and the page may read status and details", async () => {
    const response = await call(APP);
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    expect(listOf(response, "access-control-expose-headers")).toEqual(
      expect.arrayContaining(["grpc-status", "grpc-message", "grpc-status-details-bin"]),
    );
    expect(calls).toHaveLength(1);
  });

  it("of another origin is refused", async () => {
    const response = await call("https://evil.example");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "permission_denied", message: "CKR_FUNCTION_REJECTED" });
    expect(calls).toHaveLength(1);
  });

  it("of another origin is refused, however many fields precede the origin", async () => {
    const fields = Array.from({ length: 56 }, (_, i) => [`x-${i}`, "1"]);
    const headers = Object.fromEntries([...fields, ["content-type", "application/json"], ["z-origin", "x"]]);
    const response = await fetch(base, {
      method: "POST",
      headers: { ...headers, origin: "https://evil.example" },
      body: "{}",
    });
    expect([403, 431]).toContain(response.status);
    expect(calls).toHaveLength(1);
  });
});
