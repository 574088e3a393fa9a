/** Tests unusual request heads. Each request must get a response in its own protocol. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { sendHttp1 } from "../../test/raw-http1.ts";
import { createTestServer } from "../../test/server.ts";
import type { Grep11Server } from "../options.ts";

const { ep11, calls } = createDouble();
const logged: unknown[] = [];
let server: Grep11Server;
let port: number;
let client: RawGrpc;
let isReady: () => boolean;

beforeAll(async () => {
  server = createTestServer({ ep11, ready: () => isReady(), onError: (error) => logged.push(error.cause) });
  port = (await server.listen({ port: 0, allowedOrigins: ["*"] })).port;
  client = new RawGrpc(`http://127.0.0.1:${port}`);
});
beforeEach(() => {
  calls.length = 0;
  isReady = () => true;
});
afterAll(async () => {
  client.close();
  await server.close({ graceMs: 0 });
});

const RANDOM = envelope(Buffer.from([8, 4]));
const JSON_BODY = '{"Len":4}';
const RPC = "/grep11.Crypto/GenerateRandom";
const json = (target: string, fields: string, version = "1.1", body = JSON_BODY) =>
  `POST ${target} HTTP/${version}\r\n${fields}content-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

const AUTHORITIES = [
  "a:1,b:2",
  "127.0.0.1:1,127.0.0.1:2",
  "[::1",
  "a b",
  "%zz",
  "host:99999999",
  "x@y:z",
  "\xe9",
  "_",
  ":",
  "/",
  "?",
  "a/b#c",
];

describe.each(AUTHORITIES)("the authority %s", (authority) => {
  it("does not matter over HTTP/1.1", async () => {
    const answer = await sendHttp1(port, Buffer.from(json(RPC, `host: ${authority}\r\n`), "latin1"));
    expect(answer).toMatchObject({ status: 200, body: '{"Rnd":"AAAAAA=="}' });
  });

  it("does not matter to a health check over HTTP/1.1", async () => {
    const request = json("/grpc.health.v1.Health/Check", `host: ${authority}\r\n`, "1.1", "{}");
    expect(await sendHttp1(port, Buffer.from(request, "latin1"))).toMatchObject({ status: 200 });
  });
});

/** Malformed authorities that nghttp2 accepts. It only resets streams whose authority has forbidden characters. */
const HTTP2_AUTHORITIES = ["a:1,b:2", "127.0.0.1:1,127.0.0.1:2", "[::1", "%zz", "host:99999999", "_", ":"];
const HTTP2_FORMS: [string, object, string][] = [
  ["gRPC", {}, RPC],
  ["compressed gRPC", { "grpc-encoding": "gzip" }, RPC],
  ["gRPC of a web page", { origin: "https://app.example" }, RPC],
  ["gRPC-Web", { "content-type": "application/grpc-web+proto" }, RPC],
  ["a health check", {}, "/grpc.health.v1.Health/Check"],
];
describe.each(HTTP2_AUTHORITIES)("the authority %s over HTTP/2", (authority) => {
  it.each(HTTP2_FORMS)("does not matter to %s", async (_, headers, path) => {
    const body = path === RPC ? RANDOM : envelope(Buffer.alloc(0));
    for (const name of [":authority", "host"]) {
      const answer = await client.send({ path, headers: { ...headers, [name]: authority }, body: [body] });
      expect(answer.reset).toBe(0);
      expect(answer.headers[":status"]).toBe(200);
      expect(answer.headers["grpc-status"] ?? answer.trailers["grpc-status"] ?? "0").toBe("0");
    }
  });
});

describe("HTTP/1 without a host", () => {
  it.each([
    ["a call over HTTP/1.0", json(RPC, "", "1.0"), 200],
    ["a health check over HTTP/1.0", json("/grpc.health.v1.Health/Check", "", "1.0", "{}"), 200],
    ["OPTIONS / over HTTP/1.0, as HAProxy checks", "OPTIONS / HTTP/1.0\r\n\r\n", 200],
    ["GET / over HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200],
    ["HEAD / over HTTP/1.0", "HEAD / HTTP/1.0\r\n\r\n", 200],
    ["an unknown path over HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n", 404],
    // An HTTP/1.1 request without Host gets status 400 (RFC 9112 section 3.2).
    ["a call over HTTP/1.1", json(RPC, ""), 400],
    ["OPTIONS / over HTTP/1.1", "OPTIONS / HTTP/1.1\r\n\r\n", 400],
    ["an empty host", json(RPC, "host:\r\n"), 200],
  ])("gets a response: %s", async (_, request, status) => {
    expect((await sendHttp1(port, request)).status).toBe(status);
  });
});

describe("several lines of Host", () => {
  // A request with several Host lines is refused, because proxies disagree on which line counts (RFC 9112 section 3.2).
  it.each([
    ["equal ones", json(RPC, "host: x\r\nhost: x\r\n")],
    ["different ones", json(RPC, "host: x\r\nHOST: y\r\n")],
    ["with others in between", json(RPC, "Host: x\r\naccept: */*\r\nhOsT: y\r\n")],
    ["over HTTP/1.0", json(RPC, "host: x\r\nhost: y\r\n", "1.0")],
    ["of gRPC-Web", json(RPC, "host: x\r\nhost: y\r\n").replace("application/json", "application/grpc-web")],
    ["for the root", "GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: close\r\n\r\n"],
    ["for an unknown path", "GET /x HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: close\r\n\r\n"],
    [
      "of a page",
      `OPTIONS ${RPC} HTTP/1.1\r\nhost: x\r\nhost: y\r\norigin: https://app.example\r\nconnection: close\r\n\r\n`,
    ],
  ])("are 400: %s", async (_, request) => {
    expect((await sendHttp1(port, request)).status).toBe(400);
    expect(calls).toHaveLength(0);
  });
});

describe("the root of the server", () => {
  it.each(["GET", "HEAD", "OPTIONS"])(
    "tells by %s whether calls are served, over HTTP/1.1 and HTTP/2",
    async (method) => {
      for (const ready of [true, false]) {
        isReady = () => ready;
        const status = ready ? 200 : 503;
        const http1 = await sendHttp1(port, `${method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
        expect(http1.status).toBe(status);
        const http2 = await client.send({ path: "/", headers: { ":method": method, "content-type": undefined } });
        expect(http2.headers[":status"]).toBe(status);
      }
    },
  );

  it("responds to OPTIONS *", async () => {
    expect((await sendHttp1(port, "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).status).toBe(200);
    expect((await client.send({ path: "*", headers: { ":method": "OPTIONS" } })).headers[":status"]).toBe(200);
  });

  it("does not accept POST", async () => {
    expect((await sendHttp1(port, json("/", "host: x\r\n"))).status).toBe(404);
  });
});

describe("targets", () => {
  it.each([
    ["in absolute form (RFC 9112 section 3.2.2)", `http://other.example${RPC}`, 200],
    ["in absolute form with an odd authority", `http://a:1,b:2${RPC}`, 200],
    ["with a query", `${RPC}?x=%zz`, 200],
    ["of two slashes", "//x", 404],
    ["of two slashes before an RPC", `/${RPC}`, 404],
    ["of dots", `/..${RPC}`, 404],
    ["with percent-encoding", "/grep11.Crypto/Generate%52andom", 404],
    ["with broken percent-encoding", "/%zz%", 404],
    ["with other schemes", "ftp://x/grep11.Crypto/Sign", 404],
    ["of brackets", "/[::1]:x@y", 404],
    ["with obs-text", "/\xff\xfe", 404],
    ["of 8,000 characters", `/${"a".repeat(8_000)}`, 404],
    ["too long for a head", `/${"a".repeat(20_000)}`, 431],
  ])("%s get a response", async (_, target, status) => {
    const request = Buffer.from(json(target, "host: x\r\n"), "latin1");
    // Node's HTTP/1 parser accepts only ASCII in a target, and refuses other requests with 400.
    expect([status, 400]).toContain((await sendHttp1(port, request)).status);
  });

  it.each(["//x", `/${RPC}`, "/%zz", "/[::1]:x@y", `/${"a".repeat(8_000)}`])(
    "get a response over HTTP/2: %#",
    async (path) => {
      for (const type of ["application/grpc", "application/json", undefined]) {
        const { headers, reset } = await client.send({ path, headers: { "content-type": type }, body: [RANDOM] });
        expect({ status: headers[":status"], reset }).toEqual({
          status: type === "application/grpc" ? 200 : 404,
          reset: 0,
        });
      }
    },
  );

  it.each(["CONNECT", "TRACE", "PUT", "DELETE", "PATCH"])("of the method %s get a response", async (method) => {
    const target = method === "CONNECT" ? "x:1" : RPC;
    const { status } = await sendHttp1(port, `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(status).toBe(405);
  });
});

describe("fields with obs-text", () => {
  it.each(["origin", "authorization", "content-type", "grpc-timeout", "accept", "x-own", "connect-protocol-version"])(
    "get a response: %s",
    async (name) => {
      const value = Buffer.from("\xe9\xff", "latin1").toString("latin1");
      const http1 = await sendHttp1(port, Buffer.from(json(RPC, `host: x\r\n${name}: ${value}\r\n`), "latin1"));
      expect(http1.status).toBeGreaterThanOrEqual(200);
      const http2 = await client.send({ path: RPC, headers: { [name]: value }, body: [RANDOM] });
      expect(http2.headers[":status"]).toBeGreaterThanOrEqual(200);
    },
  );
});

describe("a fault of the server itself", () => {
  it("is logged, and the caller gets CKR_GENERAL_ERROR", async () => {
    isReady = () => {
      throw new Error("secret");
    };
    logged.length = 0;
    const answer = await sendHttp1(port, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(answer.status).toBe(500);
    expect(answer.body).toContain("CKR_GENERAL_ERROR");
    expect(answer.body).not.toContain("secret");
    const second = await client.send({ path: "/", headers: { ":method": "GET", "content-type": undefined } });
    expect(second.headers[":status"]).toBe(500);
    expect(logged).toEqual([new Error("secret"), new Error("secret")]);
  });
});
