import { Code, ConnectError, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { codecs, encodeError, Grep11ErrorSchema, wire } from "@grep11/proto";
import { describe, expect, it } from "vitest";
import { createGrep11Client } from "./client.ts";
import { template } from "./keys/template.ts";

function connect(implementation: Partial<ServiceImpl<typeof wire.Crypto>>) {
  return createRouterTransport(({ service }) => {
    service(wire.Crypto, implementation);
  });
}

function failing(error: ck.CkError, code = Code.Unknown): ConnectError {
  const value = encodeError(error, "VerifySingle");
  return new ConnectError(error.rvName, code, undefined, [{ desc: Grep11ErrorSchema, value }]);
}

const FAST = { retry: { baseDelayMs: 1 } };

describe("createGrep11Client", () => {
  it("has all 40 methods and nothing else", () => {
    expect(Object.keys(createGrep11Client(connect({})))).toEqual([...ck.EP11_METHODS]);
  });

  it("carries requests and responses through the codec", async () => {
    const blob = Uint8Array.of(7, 7);
    let seen: unknown;
    const client = createGrep11Client(
      connect({
        generateKey: (message) => {
          seen = codecs.generateKey.request.decode(message);
          const key = { keyBlobId: blob, version: 0, txId: blob, attributes: new Map(), keyBlobs: [blob] };
          return codecs.generateKey.response.encode({ checkSum: Uint8Array.of(1), key });
        },
        getMechanismList: () => codecs.getMechanismList.response.encode({ mechs: [ck.CKM_RSA_PKCS] }),
      }),
    );
    const request = { mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: template({ CKA_VALUE_LEN: 32 }) };
    const answer = await client.generateKey(request);
    expect(seen).toEqual(request);
    expect(answer.key.keyBlobs).toEqual([blob]);
    expect(await client.getMechanismList({})).toEqual({ mechs: [ck.CKM_RSA_PKCS] });
  });

  it("throws the CkError that the service returned", async () => {
    const client = createGrep11Client(
      connect({
        getMechanismList: () => Promise.reject(failing(new ck.CkError(ck.CKR_KEY_UNEXTRACTABLE, "the key stays"))),
      }),
    );
    const error = await client.getMechanismList({}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ck.CkError);
    expect(error).toMatchObject({ rv: ck.CKR_KEY_UNEXTRACTABLE, detail: "the key stays", retry: false });
  });

  it.each([
    [Code.Unknown, "Got error CKR_SIGNATURE_INVALID, from libep11.so", ck.CKR_SIGNATURE_INVALID],
    [Code.Unknown, "CKR_OK", ck.CKR_GENERAL_ERROR],
    [Code.Unknown, "boom", ck.CKR_GENERAL_ERROR],
    [Code.Unavailable, "connection refused", ck.CKR_DEVICE_REMOVED],
    [Code.Unauthenticated, "who are you", ck.CKR_IBM_GREP11_NOT_AUTHENTICATED],
    [Code.DeadlineExceeded, "too late", ck.CKR_IBM_REQ_TIMEOUT],
    [Code.Canceled, "gone", ck.CKR_FUNCTION_CANCELED],
  ])("maps gRPC code %i with %j and without a Grep11Error", async (code, message, rv) => {
    const transport = connect({ getMechanismList: () => Promise.reject(new ConnectError(message, code)) });
    await expect(createGrep11Client(transport, FAST).getMechanismList({})).rejects.toMatchObject({ rv });
  });
});

describe("retry", () => {
  /**
   * Returns a service whose first `times` calls fail with `error` and whose later calls succeed. `calls` counts the
   * calls.
   */
  function flaky(times: number, error: ConnectError) {
    const count = { calls: 0 };
    const transport = connect({
      getMechanismList: () => {
        if (++count.calls <= times) throw error;
        return codecs.getMechanismList.response.encode({ mechs: [] });
      },
    });
    return { count, transport };
  }

  it("retries UNAVAILABLE until the service responds", async () => {
    const { count, transport } = flaky(3, new ConnectError("away", Code.Unavailable));
    await createGrep11Client(transport, FAST).getMechanismList({});
    expect(count.calls).toBe(4);
  });

  it("retries errors marked as retryable, whatever their code", async () => {
    const { count, transport } = flaky(1, failing(new ck.CkError(ck.CKR_GENERAL_ERROR, "busy", { retry: true })));
    await createGrep11Client(transport, FAST).getMechanismList({});
    expect(count.calls).toBe(2);
  });

  it("gives up after the last attempt", async () => {
    const { count, transport } = flaky(9, new ConnectError("away", Code.Unavailable));
    const client = createGrep11Client(transport, { retry: { attempts: 2, baseDelayMs: 1 } });
    await expect(client.getMechanismList({})).rejects.toMatchObject({ rv: ck.CKR_DEVICE_REMOVED });
    expect(count.calls).toBe(2);
  });

  it("never retries a cryptographic error", async () => {
    const { count, transport } = flaky(9, failing(ck.CkError.signatureInvalid()));
    const call = createGrep11Client(transport, FAST).getMechanismList({});
    await expect(call).rejects.toMatchObject({ rv: ck.CKR_SIGNATURE_INVALID });
    expect(count.calls).toBe(1);
  });

  it("stops when the caller gives up", async () => {
    const { transport } = flaky(9, new ConnectError("away", Code.Unavailable));
    const client = createGrep11Client(transport, { retry: { attempts: 99, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const call = client.getMechanismList({}, { signal: AbortSignal.timeout(20) });
    await expect(call).rejects.toMatchObject({ rv: ck.CKR_FUNCTION_CANCELED });
  });

  it("applies one deadline to all attempts", async () => {
    const { transport } = flaky(Infinity, new ConnectError("away", Code.Unavailable));
    const client = createGrep11Client(transport, { retry: { attempts: 1e6, baseDelayMs: 4, maxDelayMs: 4 } });
    const started = performance.now();
    await expect(client.getMechanismList({}, { timeoutMs: 60 })).rejects.toBeInstanceOf(ck.CkError);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("ends a call that exceeds its deadline, and one that is aborted", async () => {
    const transport = connect({ getMechanismList: () => new Promise(() => {}) });
    const client = createGrep11Client(transport, { timeoutMs: 20 });
    await expect(client.getMechanismList({})).rejects.toMatchObject({ rv: ck.CKR_IBM_REQ_TIMEOUT });
    const aborted = client.getMechanismList({}, { signal: AbortSignal.abort(), timeoutMs: 1000 });
    await expect(aborted).rejects.toMatchObject({ rv: ck.CKR_FUNCTION_CANCELED });
  });
});
