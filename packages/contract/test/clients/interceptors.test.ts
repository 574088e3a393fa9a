/** Tests that an interceptor on a client and one on a server see the same calls, over every protocol. */
import type { Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { createGrep11Client, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as web from "@grep11/client/web";
import * as ck from "@grep11/cryptoki";
import { createEngine, type Engine } from "@grep11/engine";
import { createGrep11Server, type Grep11Server } from "@grep11/grpc-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyring } from "../../src/index.ts";

const PROTOCOLS: Record<string, [ck.CallContext["protocol"], (port: number) => Transport]> = {
  "gRPC on our own HTTP/2": ["grpc", (port) => createGrpcTransport({ address: `127.0.0.1:${port}` })],
  "gRPC on node:http2": ["grpc", (port) => createGrpcTransport({ address: `127.0.0.1:${port}`, http2: "node" })],
  "gRPC-Web through fetch": ["grpc-web", (port) => web.createGrpcWebTransport({ baseUrl: url(port) })],
  "gRPC-Web over HTTP/1.1": ["grpc-web", (port) => createGrpcWebTransport({ baseUrl: url(port), httpVersion: "1.1" })],
  "gRPC-Web over HTTP/2": ["grpc-web", (port) => createGrpcWebTransport({ baseUrl: url(port), httpVersion: "2" })],
  "Connect through fetch": ["connect", (port) => web.createConnectTransport({ baseUrl: url(port) })],
  "Connect over HTTP/1.1": ["connect", (port) => createConnectTransport({ baseUrl: url(port), httpVersion: "1.1" })],
  "Connect over HTTP/2": ["connect", (port) => createConnectTransport({ baseUrl: url(port), httpVersion: "2" })],
};
const url = (port: number) => `http://127.0.0.1:${port}`;
const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
const TRACEPARENT = `00-${TRACE.traceId}-${TRACE.spanId}-01`;
const CBC = { mechanism: ck.CKM_AES_CBC, parameter: new Uint8Array(16) };
const KEY_REQUEST = {
  mech: { mechanism: ck.CKM_AES_KEY_GEN },
  template: template({ CKA_VALUE_LEN: 16 }),
};

let engine: Engine;
let server: Grep11Server;
let port: number;
const onServer: ck.CallContext[] = [];
const onClient: ck.CallContext[] = [];
/** Returns an interceptor that adds every call to `calls` when it ends. */
const keeping =
  (calls: ck.CallContext[]): ck.Interceptor =>
  (call, next) =>
    next().finally(() => calls.push(structuredClone(call)));
/** If `gate` is set, every call on the server reports that it has started, and then waits until `open` resolves. */
let gate: { readonly reached: () => void; readonly open: Promise<void> } | undefined;

beforeAll(async () => {
  engine = createEngine({ keyring: createKeyring() });
  server = createGrep11Server({
    ep11: ck.instrument(engine, async (_, next) => {
      gate?.reached();
      await gate?.open;
      return next();
    }),
    interceptors: [keeping(onServer)],
  });
  port = (await server.listen({ port: 0, bearer: (token) => ({ name: token, roles: ["Reader"] }) })).port;
});
afterAll(async () => {
  await server.close({ graceMs: 0 });
  await engine.close();
});

describe.each(Object.entries(PROTOCOLS))("interceptors over %s", (_, [protocol, transport]) => {
  let client: ck.Ep11;
  beforeAll(() => {
    const headers: ck.Interceptor = (call, next) => {
      Object.assign(call.metadata, { traceparent: TRACEPARENT, authorization: "alice" });
      return next();
    };
    client = createGrep11Client(transport(port), { interceptors: [keeping(onClient), headers] });
  });

  /** Waits for `work`, and returns the server's record and the client's record of its call. */
  async function seen(work: Promise<unknown>): Promise<{ server: ck.CallContext; client: ck.CallContext }> {
    const count = onServer.length;
    await work.catch(() => undefined);
    await expect.poll(() => onServer.length).toBeGreaterThan(count);
    return { server: onServer.at(-1)!, client: onClient.at(-1)! };
  }

  it("see every field of a call", async () => {
    const { key } = await client.generateKey(KEY_REQUEST);
    const [made] = onServer.at(-1)!.keys;
    const { state } = await client.encryptInit({ mech: CBC, key });
    const headers = { "bluemix-instance": "one", "grep11-domain": "two" };
    const sides = await seen(client.encryptUpdate({ state, plain: new Uint8Array(64) }, { headers }));
    expect(sides.server).toEqual({
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      service: "grep11.Crypto",
      rpc: "EncryptUpdate",
      action: "encrypt",
      protocol,
      peer: { address: "127.0.0.1" },
      trace: TRACE,
      metadata: headers,
      start: expect.any(Number),
      admitted: true,
      caller: { name: "alice", roles: ["Reader"] },
      mechanisms: [ck.CKM_AES_CBC],
      keys: [{ uid: made!.uid, wkid: key.attributes.get(ck.CKA_GREP11_WKID) }],
      bytesIn: expect.any(Number),
      bytesOut: expect.any(Number),
      rv: ck.CKR_OK,
      ms: expect.any(Number),
    });
    expect(sides.client).toEqual({
      service: "grep11.Crypto",
      rpc: "EncryptUpdate",
      metadata: { ...headers, traceparent: TRACEPARENT, authorization: "alice" },
      start: expect.any(Number),
      mechanisms: [],
      keys: [],
      rv: ck.CKR_OK,
      ms: expect.any(Number),
    });
  });

  it("see errors", async () => {
    const request = { mech: CBC, key: new Uint8Array(100), plain: new Uint8Array(16) };
    const sides = await seen(client.encryptSingle(request));
    for (const call of [sides.server, sides.client])
      expect(call).toMatchObject({ rpc: "EncryptSingle", mechanisms: [ck.CKM_AES_CBC], rv: ck.CKR_IBM_BLOB_ERROR });
  });

  it("see cancellation and deadlines", async () => {
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    gate = { reached: resolve, open: new Promise(() => undefined) };
    const giveUp = new AbortController();
    const call = client.generateRandom({ len: 1 }, { signal: giveUp.signal });
    void reached.then(() => giveUp.abort());
    const canceled = await seen(call);
    expect([canceled.server.rv, canceled.client.rv]).toEqual([ck.CKR_FUNCTION_CANCELED, ck.CKR_FUNCTION_CANCELED]);
    const late = await seen(client.generateRandom({ len: 1 }, { timeoutMs: 60 }));
    expect(late.client.rv).toBe(ck.CKR_IBM_REQ_TIMEOUT);
    // Client and server both measure the deadline. Whichever notices first ends the call.
    expect([ck.CKR_IBM_REQ_TIMEOUT, ck.CKR_FUNCTION_CANCELED]).toContain(late.server.rv);
    gate = undefined;
  });
});
