import {
  type AttributeValue,
  CKA_DECRYPT,
  CKA_EC_PARAMS,
  CKA_ENCRYPT,
  CKA_KEY_TYPE,
  CKA_UNWRAP,
  CKA_VALUE_LEN,
  CKA_VERIFY,
  CKA_WRAP,
  CKK_AES,
  CKM_AES_CBC,
  CKM_AES_CBC_PAD,
  CKM_AES_KEY_GEN,
  CKM_AES_KEY_WRAP_PAD,
  CKM_EC_KEY_PAIR_GEN,
  CKM_ECDSA,
  CKM_SHA256_HMAC,
  CKR_DATA_INVALID,
  CKR_DEVICE_MEMORY,
  CKR_ENCRYPTED_DATA_INVALID,
  CKR_SIGNATURE_INVALID,
  CKR_WRAPPED_KEY_INVALID,
  CkError,
} from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { rvOfCall, testEngine } from "../../test/engine.ts";
import type { Engine } from "../engine.ts";
import { P_256 } from "../primitives/curves.ts";
import { FailureLimiter } from "./failure-limiter.ts";

const iv = new Uint8Array(16).fill(7);
const cbcPad = { mechanism: CKM_AES_CBC_PAD, parameter: iv };
const garbage = new Uint8Array(32).fill(0x55);

function aesKey(engine: Engine, ...rights: number[]) {
  const template = new Map<number, AttributeValue>([[CKA_VALUE_LEN, 16]]);
  for (const right of rights) template.set(right, true);
  return engine.generateKey({ mech: { mechanism: CKM_AES_KEY_GEN }, template });
}

/** A use that fails with `rv`. */
const failing = (rv: number) => () => Promise.reject(new CkError(rv));

test("counts failures of one principal, minute by minute", async () => {
  let now = 59_000;
  const limiter = new FailureLimiter(2, () => now);
  const alice = (rv: number) => rvOfCall(limiter.run("alice", failing(rv)));
  expect(await alice(CKR_DATA_INVALID)).toBe(CKR_DATA_INVALID);
  expect(await alice(CKR_SIGNATURE_INVALID)).toBe(CKR_SIGNATURE_INVALID);
  expect(await limiter.run("alice", async () => 1)).toBe(1);
  expect(await alice(CKR_WRAPPED_KEY_INVALID)).toBe(CKR_WRAPPED_KEY_INVALID);
  await expect(limiter.run("alice", async () => 1)).rejects.toMatchObject({ rv: CKR_DEVICE_MEMORY, retry: true });
  expect(await limiter.run("bob", async () => 1)).toBe(1);
  expect(await limiter.run(undefined, async () => 1)).toBe(1);
  now = 60_000;
  expect(await limiter.run("alice", async () => 1)).toBe(1);
});

test("counts at most 10,000 principals, and those beyond as one", async () => {
  const limiter = new FailureLimiter(1, () => 0);
  for (let n = 0; n < 10_000; n++) await rvOfCall(limiter.run(`p${n}`, failing(CKR_SIGNATURE_INVALID)));
  expect(await rvOfCall(limiter.run("one more", failing(CKR_SIGNATURE_INVALID)))).toBe(CKR_SIGNATURE_INVALID);
  expect(await rvOfCall(limiter.run("another", async () => 1))).toBe(CKR_DEVICE_MEMORY);
  expect(await rvOfCall(limiter.run("p0", async () => 1))).toBe(CKR_DEVICE_MEMORY);
});

/** Vaudenay's attack: the bytes of one block from its end, as far as the HSM answers; and the refusal that ended it. */
async function readByPadding(engine: Engine, key: Awaited<ReturnType<typeof aesKey>>["key"], block: Uint8Array) {
  const intermediate = new Uint8Array(16);
  for (let at = 15; at >= 0; at--) {
    const pad = 16 - at;
    for (let guess = 0; ; guess++) {
      const forged = intermediate.map((byte, i) => (i > at ? byte ^ pad : 0)).with(at, guess);
      const call = engine.decryptSingle(
        { mech: cbcPad, key, ciphered: Uint8Array.of(...forged, ...block) },
        { principal: "mallory" },
      );
      const rv = await rvOfCall(call);
      if (rv === CKR_DEVICE_MEMORY) return { found: intermediate.subarray(at + 1), rv };
      if (rv === CKR_ENCRYPTED_DATA_INVALID) continue;
      expect(rv).toBe(0);
      intermediate[at] = guess ^ pad;
      break;
    }
  }
  return { found: intermediate, rv: 0 };
}

test("a padding oracle reads a block, but with the default limit no more than some bytes a minute", async () => {
  const plain = new TextEncoder().encode("attack at dawn!!");
  const clock = () => 0;
  for (const open of [true, false]) {
    const engine = testEngine({ clock, ...(open && { failuresPerMinute: false }) });
    const { key } = await aesKey(engine, CKA_ENCRYPT, CKA_DECRYPT);
    const { ciphered } = await engine.encryptSingle({ mech: cbcPad, key, plain });
    const { found, rv } = await readByPadding(engine, key, ciphered.subarray(0, 16));
    expect(found.map((byte, i) => byte ^ iv[16 - found.length + i]!)).toEqual(plain.subarray(16 - found.length));
    expect(rv).toBe(open ? 0 : CKR_DEVICE_MEMORY);
    expect(found.length).toBeLessThanOrEqual(open ? 16 : 15);
    expect(await rvOfCall(engine.decryptSingle({ mech: cbcPad, key, ciphered }, { principal: "alice" }))).toBe(0);
  }
});

test("every function that uses a secret on what a caller sent is counted and refused", async () => {
  const engine = testEngine({ failuresPerMinute: 1, clock: () => 0 });
  const { key } = await aesKey(engine, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_VERIFY);
  const { state } = await engine.decryptInit({ mech: cbcPad, key });
  const updated = await engine.decryptUpdate({ state, ciphered: garbage });
  const cbc = { ...cbcPad, mechanism: CKM_AES_CBC };
  const hmac = { mechanism: CKM_SHA256_HMAC };
  const mac = { data: garbage, signature: garbage };
  const macState = (await engine.verifyInit({ mech: hmac, pubKey: key })).state;
  const macParts = (await engine.verifyUpdate({ state: macState, data: garbage })).state;
  const template = new Map<number, AttributeValue>([[CKA_KEY_TYPE, CKK_AES]]);
  const kwp = { mechanism: CKM_AES_KEY_WRAP_PAD };
  const calls: [number, (options: { principal: string }) => Promise<unknown>][] = [
    [CKR_ENCRYPTED_DATA_INVALID, (o) => engine.decryptSingle({ mech: cbcPad, key, ciphered: garbage }, o)],
    [CKR_ENCRYPTED_DATA_INVALID, (o) => engine.decrypt({ state, ciphered: garbage }, o)],
    [CKR_ENCRYPTED_DATA_INVALID, (o) => engine.decryptFinal({ state: updated.state }, o)],
    [
      CKR_ENCRYPTED_DATA_INVALID,
      (o) => engine.reencryptSingle({ decMech: cbcPad, decKey: key, encMech: cbc, encKey: key, ciphered: garbage }, o),
    ],
    [CKR_WRAPPED_KEY_INVALID, (o) => engine.unwrapKey({ mech: kwp, kek: key, wrapped: garbage, template }, o)],
    [CKR_SIGNATURE_INVALID, (o) => engine.verifySingle({ mech: hmac, pubKey: key, ...mac }, o)],
    [CKR_SIGNATURE_INVALID, (o) => engine.verify({ state: macState, ...mac }, o)],
    [CKR_SIGNATURE_INVALID, (o) => engine.verifyFinal({ state: macParts, signature: garbage }, o)],
  ];
  for (const [i, [rv, call]] of calls.entries()) {
    const principal = `principal ${i}`;
    expect(await rvOfCall(call({ principal }))).toBe(rv);
    for (const [, other] of calls) expect(await rvOfCall(other({ principal }))).toBe(CKR_DEVICE_MEMORY);
    expect(await rvOfCall(engine.encryptSingle({ mech: cbcPad, key, plain: garbage }, { principal }))).toBe(0);
  }
});

test("signatures that public keys refuse are not counted", async () => {
  const engine = testEngine({ failuresPerMinute: 1 });
  const { pubKey } = await engine.generateKeyPair({
    mech: { mechanism: CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map<number, AttributeValue>([[CKA_EC_PARAMS, P_256.oid]]),
    privKeyTemplate: new Map(),
  });
  const request = { mech: { mechanism: CKM_ECDSA }, pubKey, data: garbage, signature: new Uint8Array(64).fill(1) };
  for (let n = 0; n < 3; n++) expect(await rvOfCall(engine.verifySingle(request))).toBe(CKR_SIGNATURE_INVALID);
});
