import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { wire } from "@grep11/proto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { createTestServer } from "../../test/server.ts";
import type { CallRecord, Grep11Server, Interceptor } from "../options.ts";

const PROTOCOLS: Record<string, (baseUrl: string) => Transport> = {
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC-Web over HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "gRPC-Web over HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  "Connect with JSON over HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect over HTTP/2": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true }),
};
const { ep11, calls } = createDouble({
  digest: (_, options) =>
    new Promise((_resolve, reject) =>
      options?.signal?.addEventListener("abort", () => reject(options.signal?.reason as Error)),
    ),
  login: async () => ({ pinblob: "not bytes" as unknown as Uint8Array }),
});
const records: CallRecord[] = [];
const causes: unknown[] = [];
let server: Grep11Server | undefined;
beforeEach(() => {
  calls.length = 0;
  records.length = 0;
  causes.length = 0;
});
afterEach(() => server?.close({ graceMs: 0 }));

const AUTHORIZED = { headers: { authorization: "good" } };

/**
 * Starts a server with these interceptors and returns a client. The token "good" belongs to Alice, who may do
 * everything except log out.
 */
async function start(protocol: string, ...interceptors: readonly Interceptor[]) {
  server = createTestServer({
    ep11,
    interceptors,
    authorise: (_, action) => action !== "logout",
    onCall: (record) => records.push(record),
    onError: ({ cause }) => causes.push(cause),
  });
  const alice = { name: "alice" };
  const { port } = await server.listen({ port: 0, bearer: (token) => (token === "good" ? alice : undefined) });
  return createClient(wire.Crypto, PROTOCOLS[protocol]!(`http://127.0.0.1:${port}`));
}

const errorOf = (call: Promise<unknown>): Promise<ConnectError> =>
  call.then(() => Promise.reject(new Error("the call has succeeded")), ConnectError.from);

describe.each(Object.keys(PROTOCOLS))("interceptors over %s", (protocol) => {
  it("see the call as far as it is known, inside and outside one another", async () => {
    const seen: unknown[] = [];
    const noting =
      (name: string): Interceptor =>
      async (call, next) => {
        seen.push([name, structuredClone(call)]);
        const response = await next();
        seen.push([name, structuredClone(call)]);
        return response;
      };
    const client = await start(protocol, noting("outer"), noting("inner"));
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = {
      ...AUTHORIZED.headers,
      traceparent,
      "bluemix-instance": "one",
      "grep11-domain": "two",
      cookie: "secret",
    };
    const request = { Mech: { Mechanism: BigInt(ck.CKM_SHA256) }, Data: new Uint8Array(300) };
    await client.digestSingle(request, { headers });
    const before = {
      requestId: expect.stringMatching(/^[\da-f]{8}-/),
      service: "grep11.Crypto",
      rpc: "DigestSingle",
      action: "digest",
      protocol: protocol.split(" ")[0]?.toLowerCase(),
      peer: { address: "127.0.0.1" },
      trace: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 },
      metadata: { "bluemix-instance": "one", "grep11-domain": "two" },
      start: expect.any(Number),
      admitted: true,
      caller: { name: "alice" },
      mechanisms: [ck.CKM_SHA256],
      keys: [],
      bytesIn: expect.any(Number),
    };
    const after = { ...before, bytesOut: 3, rv: ck.CKR_OK, ms: expect.any(Number) };
    expect(seen).toEqual([
      ["outer", before],
      ["inner", before],
      ["inner", after],
      ["outer", after],
    ]);
    await expect.poll(() => records).toEqual([after]);
  });

  it("see the errors of the HSM and of encoding, and the caller gets them", async () => {
    const rvs: unknown[] = [];
    const client = await start(protocol, (call, next) => next().finally(() => rvs.push(call.rv)));
    expect((await errorOf(client.verifySingle({ Mech: { Mechanism: 1n } }, AUTHORIZED))).rawMessage).toBe(
      "CKR_SIGNATURE_INVALID",
    );
    expect((await errorOf(client.login({}, AUTHORIZED))).rawMessage).toBe("CKR_IBM_GREP11_CANNOT_MARSHAL");
    expect(rvs).toEqual([ck.CKR_SIGNATURE_INVALID, ck.CKR_IBM_GREP11_CANNOT_MARSHAL]);
  });

  it("see callers give up, and deadlines pass", async () => {
    const errors: ck.CkError[] = [];
    const client = await start(protocol, async (_, next) => {
      try {
        return await next();
      } catch (thrown) {
        errors.push(ck.CkError.from(thrown));
        throw thrown;
      }
    });
    const giveUp = new AbortController();
    const given = errorOf(client.digest({}, { ...AUTHORIZED, signal: giveUp.signal }));
    await expect.poll(() => calls).toHaveLength(1);
    giveUp.abort();
    await given;
    await expect.poll(() => errors.map(({ rv }) => rv)).toEqual([ck.CKR_FUNCTION_CANCELED]);
    // The client itself has no deadline, because it would give up before the server does.
    const headers = { ...AUTHORIZED.headers, "grpc-timeout": "50m", "connect-timeout-ms": "50" };
    expect((await errorOf(client.digest({}, { headers }))).rawMessage).toBe("CKR_IBM_REQ_TIMEOUT");
    expect(errors.map(({ rv }) => rv)).toEqual([ck.CKR_FUNCTION_CANCELED, ck.CKR_IBM_REQ_TIMEOUT]);
    await expect.poll(() => records.map(({ rv }) => rv)).toEqual([ck.CKR_FUNCTION_CANCELED, ck.CKR_IBM_REQ_TIMEOUT]);
  });

  it("refuse calls with an error of their own", async () => {
    const client = await start(protocol, async () => {
      throw new ck.CkError(ck.CKR_MECHANISM_INVALID, "not for you");
    });
    const error = await errorOf(client.getMechanismList({}, AUTHORIZED));
    expect(error).toMatchObject({ code: Code.Unknown, rawMessage: "CKR_MECHANISM_INVALID" });
    expect(calls).toHaveLength(0);
    await expect.poll(() => records).toMatchObject([{ rv: ck.CKR_MECHANISM_INVALID, admitted: true }]);
  });

  it("fail with CKR_GENERAL_ERROR, whose cause stays in the server", async () => {
    const cause = new Error("the password is secret");
    const client = await start(protocol, () => {
      throw cause;
    });
    const error = await errorOf(client.getMechanismList({}, AUTHORIZED));
    expect(error).toMatchObject({ code: Code.Unknown, rawMessage: "CKR_GENERAL_ERROR" });
    expect(JSON.stringify([error.details, [...error.metadata]])).not.toContain("secret");
    expect(causes).toEqual([cause]);
    expect(calls).toHaveLength(0);
  });

  it("are not asked about calls that are not admitted", async () => {
    const asked = vi.fn<Interceptor>((_, next) => next());
    const client = await start(protocol, asked);
    expect((await errorOf(client.getMechanismList({}))).code).toBe(Code.Unauthenticated);
    expect((await errorOf(client.logout({}, AUTHORIZED))).code).toBe(Code.PermissionDenied);
    expect(asked).not.toHaveBeenCalled();
    expect(calls).toHaveLength(0);
    await expect
      .poll(() => records)
      .toMatchObject([
        { rpc: "GetMechanismList", admitted: false, rv: ck.CKR_IBM_GREP11_NOT_AUTHENTICATED },
        { rpc: "Logout", admitted: false, caller: { name: "alice" }, rv: ck.CKR_FUNCTION_REJECTED },
      ]);
  });

  it("cannot change who the caller is", async () => {
    const client = await start(protocol, (call, next) => {
      Object.assign(call.caller!, { name: "root" });
      Object.assign(call, { caller: { name: "root" }, admitted: true });
      return next();
    });
    await client.getMechanismList({}, AUTHORIZED);
    await client.getMechanismList({}, AUTHORIZED);
    expect(calls.map(({ options }) => options?.principal)).toEqual(["alice", "alice"]);
  });

  it("may return another response, or one without asking the HSM", async () => {
    const client = await start(protocol, async () => ({ mechs: [7] }));
    expect((await client.getMechanismList({}, AUTHORIZED)).Mechs).toEqual([7n]);
    expect(calls).toHaveLength(0);
  });

  it("that return nonsense are an error of encoding", async () => {
    const client = await start(protocol, async (_, next) => {
      await next();
      return {};
    });
    const error = await errorOf(client.getMechanismList({}, AUTHORIZED));
    expect(error.rawMessage).toBe("CKR_IBM_GREP11_CANNOT_MARSHAL");
  });

  it("that never return end with the deadline, and leave nothing behind", async () => {
    const client = await start(protocol, () => new Promise(() => undefined));
    const headers = { ...AUTHORIZED.headers, "grpc-timeout": "50m", "connect-timeout-ms": "50" };
    expect((await errorOf(client.getMechanismList({}, { headers }))).rawMessage).toBe("CKR_IBM_REQ_TIMEOUT");
    await expect.poll(() => server?.inFlight).toBe(0);
  });

  it("need not wait for the call that they refuse", async () => {
    const client = await start(protocol, async (_, next) => {
      void next();
      throw new ck.CkError(ck.CKR_ACTION_PROHIBITED);
    });
    const error = await errorOf(client.verifySingle({ Mech: { Mechanism: 1n } }, AUTHORIZED));
    expect(error.rawMessage).toBe("CKR_ACTION_PROHIBITED");
    // Waits, so that vitest can report an unhandled rejection, which would fail the run.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
