import * as ck from "@grep11/cryptoki";
import { afterAll, expect, test } from "vitest";
import { testEngine } from "../../test/engine.ts";
import { wire } from "../../test/wire.ts";
import { createWorkerExecutor, type Executor } from "../workers/executor.ts";

const workers = createWorkerExecutor();
let offLoop = 0;
const executor: Executor = {
  ...workers,
  run(...call) {
    offLoop += 1;
    return workers.run(...call);
  },
};
const engine = testEngine({ executor });
afterAll(() => workers.close());

/** Returns how many methods ran on another thread during `call`. */
async function offLoopBy(call: () => Promise<unknown>): Promise<number> {
  const before = offLoop;
  await call();
  return offLoop - before;
}

async function cipher(keyGen: number, mechanism: number) {
  const template = new Map([[ck.CKA_VALUE_LEN, 32]]);
  const { key } = await engine.generateKey({ mech: { mechanism: keyGen }, template });
  return (bytes: number) => engine.encryptSingle({ mech: { mechanism }, key, plain: new Uint8Array(bytes) });
}

test.each([
  ["SHA-256, for which processors have instructions", ck.CKM_SHA256, 1 << 20, 1_400_000],
  ["SHA3-256", ck.CKM_IBM_SHA3_256, 200_000, 300_000],
])("long inputs of %s run on another thread, short ones here", async (_, mechanism, short, long) => {
  const mech = { mechanism };
  const digest = (bytes: number) => engine.digestSingle({ mech, data: new Uint8Array(bytes) });
  expect(await offLoopBy(() => digest(short))).toBe(0);
  expect(await offLoopBy(() => digest(long))).toBe(1);
  expect((await digest(long)).digest).toHaveLength(32);
  const { state } = await engine.digestInit({ mech });
  expect(await offLoopBy(() => engine.digestUpdate({ state, data: new Uint8Array(short) }))).toBe(0);
  expect(await offLoopBy(() => engine.digestUpdate({ state, data: new Uint8Array(long) }))).toBe(1);
});

test("additional data of an AEAD counts as well", async () => {
  const { key } = await engine.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: new Map([[ck.CKA_VALUE_LEN, 16]]),
  });
  const encrypt = (bytes: number) => {
    const parameter = wire(12, 96, bytes, 128, new Uint8Array(12 + bytes));
    return engine.encryptSingle({ mech: { mechanism: ck.CKM_AES_GCM, parameter }, key, plain: new Uint8Array(1) });
  };
  expect(await offLoopBy(() => encrypt(200_000))).toBe(0);
  expect(await offLoopBy(() => encrypt(300_000))).toBe(1);
});

test("triple DES moves to a thread earlier than AES, with the same results", async () => {
  const aes = await cipher(ck.CKM_AES_KEY_GEN, ck.CKM_AES_ECB);
  const des = await cipher(ck.CKM_DES3_KEY_GEN, ck.CKM_DES3_ECB);
  expect(await offLoopBy(() => aes(64_000))).toBe(0);
  expect(await offLoopBy(() => des(64_000))).toBe(1);
  expect((await des(64_000)).ciphered.subarray(0, 8)).toEqual((await des(8)).ciphered);
});
