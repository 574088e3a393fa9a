/**
 * Tests that requests with metadata up to the limit are served, that larger ones are refused with a status, and that other calls
 * are not affected.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { sendHttp1 } from "../../test/raw-http1.ts";
import { createTestServer } from "../../test/server.ts";
import type { Grep11Server } from "../options.ts";

const KIB = 1024;
const { ep11, calls } = createDouble();
let server: Grep11Server;
let port: number;
let client: RawGrpc;
beforeAll(async () => {
  server = createTestServer({ ep11 });
  port = (await server.listen({ port: 0 })).port;
  client = new RawGrpc(`http://127.0.0.1:${port}`, { maxSendHeaderBlockLength: 1024 * KIB });
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(async () => {
  client.close();
  await server.close({ graceMs: 0 });
});

/** Returns `count` header fields with a total size of `bytes` bytes. */
function metadata(count: number, bytes: number): Record<string, string> {
  const value = "v".repeat(Math.max(1, Math.floor(bytes / count) - 8));
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${String(i).padStart(5, "0")}`, value]));
}

const RANDOM = envelope(Buffer.from([8, 4]));
const TYPES = ["application/grpc", "application/grpc-web+proto", "application/grpc-web-text"];

describe.each(TYPES)("metadata over %s", (type) => {
  const call = (headers: Record<string, string>) => {
    const body = type.endsWith("text") ? Buffer.from(RANDOM.toString("base64")) : RANDOM;
    return client.send({ path: "GenerateRandom", headers: { "content-type": type, ...headers }, body: [body] });
  };

  it.each([
    ["12 KiB in one field", 1, 12 * KIB],
    ["12 KiB in 40 fields", 40, 12 * KIB],
    ["55 fields", 55, 55 * 20],
  ])("of %s is served", async (_, count, bytes) => {
    const { headers, reset } = await call(metadata(count, bytes));
    expect({ status: headers[":status"], failed: headers["grpc-status"], reset }).toEqual({ status: 200, reset: 0 });
    expect(calls).toHaveLength(1);
  });

  it.each([
    ["16 KiB in one field", 1, 16 * KIB],
    ["16 KiB in 40 fields", 40, 16 * KIB],
    ["60 KiB in one field", 1, 60 * KIB],
    ["60 KiB in 200 fields", 200, 52 * KIB],
    ["70 fields", 70, 70 * 20],
    ["240 fields", 240, 240 * 20],
  ])("of %s is RESOURCE_EXHAUSTED", async (_, count, bytes) => {
    const { headers } = await call(metadata(count, bytes));
    expect(headers).toMatchObject({ ":status": 200, "grpc-status": "8", "grpc-message": "CKR_IBM_TRANSPORT_LIMIT" });
    expect(headers["grpc-status-details-bin"]).toBeTypeOf("string");
    expect(calls).toHaveLength(0);
  });
});

describe("a head over HTTP/1.1", () => {
  const request = (headers: Record<string, string>) =>
    `POST /grep11.Crypto/GenerateRandom HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 9\r\n${Object.entries(
      headers,
    )
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n{"Len":4}`;

  it.each([
    ["12 KiB in one field", 1, 12 * KIB, 200],
    ["55 fields", 55, 55 * 20, 200],
    ["16 KiB in one field", 1, 16 * KIB, 431],
    ["60 KiB in one field", 1, 60 * KIB, 431],
    ["70 fields", 70, 70 * 20, 431],
    ["600 fields", 600, 600 * 12, 431],
  ])("of %s gets a response: %i %i %i", async (_, count, bytes, status) => {
    expect((await sendHttp1(port, request(metadata(count, bytes)))).status).toBe(status);
    expect(calls).toHaveLength(status === 200 ? 1 : 0);
  });

  it("keeps the last of many fields", async () => {
    const { status } = await sendHttp1(port, request({ ...metadata(80, 1600), origin: "https://evil.example" }));
    expect(status).toBe(431);
  });
});

describe("beside large heads", () => {
  it("calls over the same connection continue, up to the limits of nghttp2", async () => {
    const attack = Array.from({ length: 40 }, (_, i) =>
      client.send({ path: "GenerateRandom", headers: metadata(1 + (i % 200), (17 + i) * KIB), body: [RANDOM] }),
    );
    for (let i = 0; i < 20; i += 1) {
      expect((await client.call("GenerateRandom", RANDOM)).trailers["grpc-status"]).toBe("0");
    }
    for (const { headers } of await Promise.all(attack)) expect(headers["grpc-status"]).toBe("8");
    expect(client.session.destroyed).toBe(false);
  });

  it("no call is left running", async () => {
    await expect.poll(() => server.inFlight).toBe(0);
  });
});
