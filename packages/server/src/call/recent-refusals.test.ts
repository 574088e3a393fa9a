import * as ck from "@grep11/cryptoki";
import { codecs, type Ep11Method, type RequestOf } from "@grep11/proto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import type { CallRecord, Grep11Server } from "../options.ts";
import { cryptoService } from "../services/crypto-service.ts";
import { Deadlines } from "./deadlines.ts";
import { RecentRefusals } from "./recent-refusals.ts";

const BUSY = new ck.CkError(ck.CKR_DEVICE_MEMORY, "too much work is waiting", { retry: true });
/** The error that the implementation throws for keys whose first byte is 1. */
let refusal: ck.CkError;
const { ep11, calls } = createDouble({
  async signSingle({ privKey }) {
    if (ck.sealedBytes(privKey)[0] === 1) throw refusal;
    return { signature: Uint8Array.of(1) };
  },
  verifySingle: async () => ({}),
});
const records: CallRecord[] = [];
let server: Grep11Server;
let client: RawGrpc;
beforeEach(async () => {
  // Refusals are forgotten after some milliseconds. With fake timers, this time only passes when a test advances it.
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  refusal = BUSY;
  server = createTestServer({ ep11, onCall: (record) => records.push(record) });
  const { port } = await server.listen({ port: 0, bearer: (name) => ({ name }) });
  client = new RawGrpc(`http://127.0.0.1:${port}`);
  calls.length = 0;
  records.length = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  client.close();
  await server.close({ graceMs: 0 });
});

async function send<M extends Ep11Method>(method: M, request: RequestOf<M>, headers = {}): Promise<unknown> {
  const codec = codecs[method];
  const body = envelope(codec.request.serialise(codec.request.encode(request)));
  const answer = await client.call(codec.rpc, body, { authorization: "alice", ...headers });
  return answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
}

const RESOURCE_EXHAUSTED = "8";
const EXPENSIVE: RequestOf<"signSingle"> = {
  mech: { mechanism: ck.CKM_RSA_PKCS_PSS, parameter: Uint8Array.of(1) },
  privKey: Uint8Array.of(1, 7),
  data: new Uint8Array(32),
};
const { mech } = EXPENSIVE;

describe("after the implementation has refused a call because it is busy", () => {
  beforeEach(async () => {
    expect(await send("signSingle", EXPENSIVE)).toBe(RESOURCE_EXHAUSTED);
    expect(calls).toHaveLength(1);
  });

  it("calls that differ only in their data are refused without asking it", async () => {
    const statuses = Array.from({ length: 5 }, (_, i) =>
      send("signSingle", { ...EXPENSIVE, data: new Uint8Array(32).fill(i) }),
    );
    expect(await Promise.all(statuses)).toEqual(Array(5).fill(RESOURCE_EXHAUSTED));
    expect(calls).toHaveLength(1);
    await expect.poll(() => records.map(({ rv }) => rv)).toEqual(Array(6).fill(ck.CKR_DEVICE_MEMORY));
  });

  it.each<[string, Partial<RequestOf<"signSingle">>]>([
    ["longer data", { data: new Uint8Array(33) }],
    ["shorter data", { data: new Uint8Array(31) }],
    ["another key", { privKey: Uint8Array.of(2, 7) }],
    ["another mechanism", { mech: { ...mech, mechanism: ck.CKM_ECDSA } }],
    ["another parameter", { mech: { ...mech, parameter: Uint8Array.of(2) } }],
    ["no parameter", { mech: { mechanism: mech.mechanism } }],
  ])("it is asked about a call with %s", async (_, difference) => {
    await send("signSingle", { ...EXPENSIVE, ...difference });
    expect(calls).toHaveLength(2);
  });

  it("it is asked about other functions, other callers and calls with more time", async () => {
    const verification = { mech, data: EXPENSIVE.data, pubKey: Uint8Array.of(1, 7), signature: Uint8Array.of(1) };
    expect(await send("verifySingle", verification)).toBe("0");
    expect(await send("generateRandom", { len: 8 })).toBe("0");
    await send("signSingle", EXPENSIVE, { authorization: "bob" });
    expect(calls).toHaveLength(4);
    await send("signSingle", EXPENSIVE, { authorization: "carol", "grpc-timeout": "5S" });
    await send("signSingle", EXPENSIVE, { authorization: "carol", "grpc-timeout": "4S" });
    expect(calls).toHaveLength(5);
    await send("signSingle", EXPENSIVE, { authorization: "carol", "grpc-timeout": "6S" });
    expect(calls).toHaveLength(6);
  });

  it("it is asked again after some milliseconds", async () => {
    vi.advanceTimersByTime(40);
    await send("signSingle", EXPENSIVE);
    expect(calls).toHaveLength(2);
  });
});

it.each([
  ["with an error of cryptography", new ck.CkError(ck.CKR_KEY_HANDLE_INVALID)],
  ["for good", new ck.CkError(ck.CKR_DEVICE_MEMORY)],
  ["because a thread ended", new ck.CkError(ck.CKR_DEVICE_ERROR, undefined, { retry: true })],
])("calls are not refused after one has failed %s", async (_, error) => {
  refusal = error;
  await send("signSingle", EXPENSIVE);
  await send("signSingle", EXPENSIVE);
  expect(calls).toHaveLength(2);
});

it("the body of a refused call is not kept", () => {
  const body = new Uint8Array(1_000_000).fill(1);
  const { signSingle } = Object.fromEntries(
    cryptoService(ep11, 1_000).methods.map((method) => [method.descriptor.localName, method]),
  );
  const attempt = { method: signSingle!, caller: "alice", request: EXPENSIVE, timeoutMs: 1_000 };
  const refusals = new RecentRefusals(new Deadlines());
  refusals.note({ ...attempt, request: { ...EXPENSIVE, privKey: body.subarray(500, 502) } }, BUSY);
  body.fill(0);
  expect(refusals.find({ ...attempt, request: { ...EXPENSIVE, privKey: Uint8Array.of(1, 1) } })).toBe(BUSY);
  expect(refusals.find({ ...attempt, request: { ...EXPENSIVE, privKey: Uint8Array.of(0, 0) } })).toBeUndefined();
});
