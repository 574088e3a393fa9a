/** Checks that a client gets the same responses from our own HTTP/2 layer and from node:http2. */
import { constants } from "node:http2";
import { gzipSync } from "node:zlib";
import { codecs } from "@grep11/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDouble } from "../test/ep11-double.ts";
import { envelope, RawGrpc, type RawRequest } from "../test/raw-grpc.ts";
import type { CallRecord } from "./options.ts";
import { createGrep11Server } from "./server.ts";

const MIB = 1024 * 1024;
const random = (len: number) =>
  envelope(codecs.generateRandom.request.serialise(codecs.generateRandom.request.encode({ len })));

/**
 * Starts a server whose digest method waits until its signal is aborted. The result also contains a record of what the
 * server observes.
 */
async function start(http2: "own" | "node") {
  const records: CallRecord[] = [];
  const aborted: unknown[] = [];
  const { ep11, calls } = createDouble({
    encryptSingle: async ({ plain }) => ({ ciphered: plain }),
    digest: (_, options) =>
      new Promise((_resolve, reject) =>
        options?.signal?.addEventListener("abort", () => {
          aborted.push(options.signal?.reason);
          reject(options.signal?.reason);
        }),
      ),
    logout: () => Promise.reject(new Error("secret")),
    login: async () => ({ pinblob: "no bytes" as unknown as Uint8Array }),
  });
  const server = createGrep11Server({
    ep11,
    http2,
    bodyTimeoutMs: 200,
    onCall: (record) => records.push(record),
  });
  const { port } = await server.listen({
    port: 0,
    bearer: (token) => (token === "good" ? { name: "alice" } : undefined),
  });
  return { server, url: `http://127.0.0.1:${port}`, calls, records, aborted };
}
type Side = Awaited<ReturnType<typeof start>>;
let sides: [fast: Side, slow: Side];

const AUTHORIZED = { authorization: "Bearer good" };

/** Sends `request`. Returns what the client received and what the server recorded. */
async function observe(side: Side, request: RawRequest) {
  const seen = side.records.length;
  const reached = side.calls.length;
  const client = new RawGrpc(side.url);
  const { headers, trailers, body, reset } = await client.send({
    ...request,
    headers: { ...AUTHORIZED, ...request.headers },
  });
  const { date: _, ...stable } = headers;
  client.close();
  await expect.poll(() => side.server.inFlight).toBe(0);
  const records = side.records.slice(seen).map(({ rpc, protocol, caller, rv }) => ({ rpc, protocol, caller, rv }));
  const reachedNow = side.calls.slice(reached).map(({ method, request }) => ({ method, request }));
  return { headers: stable, trailers: { ...trailers }, body, reset, records, calls: reachedNow };
}

describe("both HTTP/2 layers", () => {
  beforeAll(async () => {
    sides = [await start("own"), await start("node")];
  });
  afterAll(async () => {
    for (const { server } of sides) await server.close({ graceMs: 0 });
  });

  const chunked = (bytes: Buffer, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

  const REQUESTS: Record<string, RawRequest> = {
    "a good call": { path: "GenerateRandom", body: [random(32)] },
    "a megabyte in both directions": {
      path: "EncryptSingle",
      body: chunked(
        envelope(
          codecs.encryptSingle.request.serialise(
            codecs.encryptSingle.request.encode({
              mech: { mechanism: 1 },
              plain: new Uint8Array(MIB).fill(7),
              key: Uint8Array.of(1),
            }),
          ),
        ),
        16_384,
      ),
    },
    "a body byte by byte": { path: "GenerateRandom", body: chunked(random(300), 1), pauseMs: 1 },
    "empty frames in between": {
      path: "GenerateRandom",
      body: [Buffer.alloc(0), random(300).subarray(0, 3), Buffer.alloc(0), random(300).subarray(3), Buffer.alloc(0)],
    },
    "trailers from the client": { path: "GenerateRandom", body: [random(4)], trailers: { "x-checksum": "1" } },
    "an error of the HSM": { path: "VerifySingle", body: [envelope(Buffer.from([10, 2, 8, 1]))] },
    "a bug in the HSM": { path: "Logout", body: [envelope(Buffer.alloc(0))] },
    "a response that cannot be encoded": { path: "Login", body: [envelope(Buffer.alloc(0))] },
    "no such RPC": { path: "Nonsense", body: [random(1)] },
    "another service": { path: "/grep11.Other/Sign", body: [random(1)] },
    "a path in the wrong case": { path: "/grep11.crypto/sign", body: [random(1)] },
    "a path with a query": { path: "/grep11.Crypto/GenerateRandom?x=1", body: [random(1)] },
    "a path with a slash at its end": { path: "/grep11.Crypto/GenerateRandom/", body: [random(1)] },
    "a path of dots": { path: "/../grep11.Crypto/GenerateRandom", body: [random(1)] },
    "the path __proto__": { path: "__proto__", body: [random(1)] },
    "the path *": { path: "*", body: [random(1)] },
    GET: { path: "GenerateRandom", headers: { ":method": "GET" } },
    HEAD: { path: "GenerateRandom", headers: { ":method": "HEAD" } },
    PUT: { path: "GenerateRandom", headers: { ":method": "PUT" }, body: [random(1)] },
    "no te": { path: "GenerateRandom", headers: { te: undefined }, body: [random(4)] },
    "no content type": { path: "GenerateRandom", headers: { "content-type": undefined }, body: [random(4)] },
    ...Object.fromEntries(
      [
        "application/grpc+proto",
        "application/grpc+json",
        "application/grpc; charset=utf-8",
        "APPLICATION/GRPC",
        "application/grpc-web",
        "application/grpcx",
        "application/proto",
        "application/json",
        "text/plain",
      ].map((type) => [
        `content type ${type}`,
        { path: "GenerateRandom", headers: { "content-type": type }, body: [random(4)] },
      ]),
    ),
    "no token": { path: "GenerateRandom", headers: { authorization: undefined }, body: [random(4)] },
    "a bad token": { path: "GenerateRandom", headers: { authorization: "Bearer bad" }, body: [random(4)] },
    "a bad token and a large body": {
      path: "EncryptSingle",
      headers: { authorization: "Bearer bad" },
      body: chunked(envelope(Buffer.alloc(3 * MIB)), 65_536),
    },
    "binary metadata, valid and malformed": {
      path: "GenerateRandom",
      headers: { "x-bin": "AAEC", "y-bin": "not base64 at all!", "grpc-trace-bin": "" },
      body: [random(4)],
    },
    "a foreign web page": { path: "GenerateRandom", headers: { origin: "https://evil.example" }, body: [random(4)] },
    "expect: 100-continue": { path: "GenerateRandom", headers: { expect: "100-continue" }, body: [random(4)] },
    "expect: something": { path: "GenerateRandom", headers: { expect: "something" }, body: [random(4)] },
    "grpc-encoding identity": { path: "GenerateRandom", headers: { "grpc-encoding": "identity" }, body: [random(4)] },
    "grpc-encoding gzip": {
      path: "GenerateRandom",
      headers: { "grpc-encoding": "gzip" },
      body: [envelope(gzipSync(random(4).subarray(5)), 1)],
    },
    "grpc-accept-encoding": {
      path: "GenerateRandom",
      headers: { "grpc-accept-encoding": "gzip, br" },
      body: [random(4)],
    },
    ...Object.fromEntries(
      ["1S", "99999999H", "0m", "1n", "123456789S", "-1S", "1", "soon", "1 S", ""].map((timeout) => [
        `grpc-timeout "${timeout}"`,
        { path: "GenerateRandom", headers: { "grpc-timeout": timeout }, body: [random(4)], pauseMs: 20 },
      ]),
    ),
    "a deadline that passes": { path: "Digest", headers: { "grpc-timeout": "40m" }, body: [envelope(Buffer.alloc(0))] },
    "a deadline that passes before the body": {
      path: "Digest",
      headers: { "grpc-timeout": "40m" },
      body: [Buffer.from([0])],
      neverEnds: true,
    },
    "a body that never ends": { path: "Digest", body: [Buffer.from([0])], neverEnds: true },
    "a message that is complete but not ended": { path: "GenerateRandom", body: [random(4)], neverEnds: true },
    ...Object.fromEntries(
      [1, 2, 4, 0x80, 0xff].map((flags) => [
        `the flags ${flags} before the message`,
        { path: "GenerateRandom", body: [envelope(random(4).subarray(5), flags)] },
      ]),
    ),
    "no body, ended by the headers": { path: "GenerateRandom" },
    "no body, ended by an empty frame": { path: "GenerateRandom", body: [Buffer.alloc(0)] },
    "half an envelope": { path: "GenerateRandom", body: [random(4).subarray(0, 3)] },
    "half a message": { path: "GenerateRandom", body: [random(4).subarray(0, 6)] },
    "a byte too many": { path: "GenerateRandom", body: [Buffer.concat([random(4), Buffer.alloc(1)])] },
    "two messages": { path: "GenerateRandom", body: [random(4), random(4)] },
    "a length of 4 GiB": { path: "GenerateRandom", body: [Buffer.alloc(20, 0xff).fill(0, 0, 1)] },
    "a message of garbage": { path: "GenerateRandom", body: [envelope(Buffer.alloc(40, 0xff))] },
    "a message of another RPC": { path: "EncryptSingle", body: [envelope(Buffer.from([8, 1, 16, 2]))] },
    "too much for an RPC without data": { path: "GenerateKey", body: chunked(envelope(Buffer.alloc(65_537)), 16_384) },
    "too much for an RPC with data": {
      path: "EncryptSingle",
      body: chunked(envelope(Buffer.alloc(4 * MIB + 1)), 65_536),
    },
    "too much announced": {
      path: "EncryptSingle",
      headers: { "content-length": String(64 * MIB) },
      body: [envelope(Buffer.alloc(100))],
      neverEnds: true,
    },
    "structure without data": {
      path: "EncryptSingle",
      body: [envelope(Buffer.alloc(100_000, Buffer.from([0x1a, 0])))],
    },
    "a reset before the body": { path: "Digest", resetWith: constants.NGHTTP2_CANCEL },
    "a reset in the body": {
      path: "Digest",
      body: [Buffer.from([0])],
      neverEnds: true,
      resetWith: constants.NGHTTP2_CANCEL,
    },
    "a reset while the call runs": {
      path: "Digest",
      body: [envelope(Buffer.alloc(0))],
      resetWith: constants.NGHTTP2_CANCEL,
      pauseMs: 30,
    },
    "a reset for an internal error": {
      path: "Digest",
      body: [envelope(Buffer.alloc(0))],
      resetWith: constants.NGHTTP2_INTERNAL_ERROR,
      pauseMs: 30,
    },
  };

  it.each(Object.entries(REQUESTS))("respond alike to %s", async (_, request) => {
    const [own, node] = await Promise.all(sides.map((side) => observe(side, request)));
    expect(own).toEqual(node);
  });

  it.each(["100", "3"])("reset a stream of 11 bytes that announces %s, ours with a record of it", async (announced) => {
    const request = { path: "GenerateRandom", headers: { "content-length": announced }, body: [random(4)] };
    const [own, node] = await Promise.all(sides.map((side) => observe(side, request)));
    expect(own).toMatchObject({ reset: constants.NGHTTP2_PROTOCOL_ERROR, calls: [], headers: {} });
    expect(node).toMatchObject({ calls: [], headers: {}, records: [] });
  });

  it("abort the call of a caller that has hung up, with the same reason", () => {
    const [own, node] = sides.map(({ aborted }) => aborted);
    expect(own!.length).toBeGreaterThanOrEqual(3);
    expect(own).toEqual(node);
  });
});
