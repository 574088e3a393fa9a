import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { rvOfCall, testEngine } from "../../test/engine.ts";
import { secretKey } from "../../test/keys.ts";
import { counting, repeatableRandom } from "../../test/sealing.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { Keyring, LiveKeyring } from "../keyring/keyring.ts";
import type { Key } from "../objects/key.ts";
import { P_256 } from "../primitives/ec/curves.ts";
import { type Caller, FailureLimiter } from "./failure-limiter.ts";

/**
 * Creates an engine that generates the same keys in every run. One of 256 random keys decrypts a forged ciphertext to a
 * correct padding.
 */
const engineOf = (options: Partial<EngineOptions>) => testEngine({ random: repeatableRandom(), ...options });

const iv = new Uint8Array(16).fill(7);
const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: iv };
const garbage = new Uint8Array(32).fill(0x55);

function aesKey(engine: Engine, ...rights: number[]) {
  const template = new Map<number, ck.AttributeValue>([[ck.CKA_VALUE_LEN, 16]]);
  for (const right of rights) template.set(right, true);
  return engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
}

/** `failing` makes a use that fails with `rv`; the other use succeeds. */
const failing = (rv: number) => () => Promise.reject(new ck.CkError(rv));
const succeeding = async () => 1;
const FAILED = failing(ck.CKR_SIGNATURE_INVALID);

const ALICE = { principal: "alice" };
const [KEY, OTHER_KEY] = [secretKey(ck.CKK_AES, counting(32)), secretKey(ck.CKK_AES, counting(32, 1))];

/** Whether `key` is refused to `caller`. */
async function isRefused(limiter: FailureLimiter, key: Key, caller: Caller): Promise<boolean> {
  return (await rvOfCall(limiter.run(key, caller, succeeding))) === ck.CKR_DEVICE_MEMORY;
}

test("counts failures per minute, and sets `retry`", async () => {
  let now = 59_000;
  const limiter = new FailureLimiter(2, () => now);
  const alice = (rv: number) => rvOfCall(limiter.run(KEY, ALICE, failing(rv)));
  expect(await alice(ck.CKR_DATA_INVALID)).toBe(ck.CKR_DATA_INVALID);
  expect(await alice(ck.CKR_SIGNATURE_INVALID)).toBe(ck.CKR_SIGNATURE_INVALID);
  expect(await limiter.run(KEY, ALICE, succeeding)).toBe(1);
  expect(await alice(ck.CKR_WRAPPED_KEY_INVALID)).toBe(ck.CKR_WRAPPED_KEY_INVALID);
  await expect(limiter.run(KEY, ALICE, succeeding)).rejects.toMatchObject({ rv: ck.CKR_DEVICE_MEMORY, retry: true });
  now = 60_000;
  expect(await limiter.run(KEY, ALICE, succeeding)).toBe(1);
});

const BYSTANDERS: readonly (readonly [string, Key, Caller])[] = [
  ["the same caller with another key", OTHER_KEY, ALICE],
  ["another caller", KEY, { principal: "bob" }],
  ["a caller without credentials", KEY, undefined],
  ["a caller without credentials at an address", KEY, { peer: "192.0.2.1" }],
  ["an address that has the attacker's name", KEY, { peer: "alice" }],
];

test.each(BYSTANDERS)("an attacked key is refused to its attacker, but not to %s", async (_, key, caller) => {
  const limiter = new FailureLimiter(5, () => 0);
  for (let n = 0; n < 20; n++) await rvOfCall(limiter.run(KEY, ALICE, FAILED));
  expect(await isRefused(limiter, KEY, ALICE)).toBe(true);
  expect(await isRefused(limiter, key, caller)).toBe(false);
});

test("concurrent calls reveal no more than sequential ones, and affect no other caller", async () => {
  const limiter = new FailureLimiter(2, () => 0);
  const key = secretKey(ck.CKK_AES, counting(16));
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const call = (principal: string, fails: boolean) =>
    rvOfCall(
      limiter.run(key, { principal }, async () => {
        await started;
        if (fails) throw ck.CkError.encryptedDataInvalid();
      }),
    );
  const calls = [true, true, true, true, false].map((fails) => call("mallory", fails));
  const bystander = call("bob", false);
  start();
  expect(await Promise.all(calls)).toEqual([
    ck.CKR_ENCRYPTED_DATA_INVALID,
    ck.CKR_ENCRYPTED_DATA_INVALID,
    ck.CKR_DEVICE_MEMORY,
    ck.CKR_DEVICE_MEMORY,
    ck.CKR_DEVICE_MEMORY,
  ]);
  expect(await bystander).toBe(0);
});

test("callers without credentials are distinguished by key and address", async () => {
  const limiter = new FailureLimiter(1, () => 0);
  await rvOfCall(limiter.run(KEY, { peer: "192.0.2.1" }, FAILED));
  await rvOfCall(limiter.run(OTHER_KEY, undefined, FAILED));
  expect(await isRefused(limiter, KEY, { peer: "192.0.2.1" })).toBe(true);
  expect(await isRefused(limiter, OTHER_KEY, {})).toBe(true);
  for (const [key, caller] of [
    [KEY, { peer: "192.0.2.2" }],
    [KEY, undefined],
    [KEY, { principal: "192.0.2.1" }],
    [OTHER_KEY, { peer: "192.0.2.1" }],
  ] as const) {
    expect(await isRefused(limiter, key, caller)).toBe(false);
  }
});

test("a key is identified by its value: rights, history, uid, another copy and trailing zeros make no difference", async () => {
  const limiter = new FailureLimiter(1, () => 0);
  await rvOfCall(limiter.run(KEY, ALICE, FAILED));
  for (const same of [
    { ...KEY, value: KEY.value.slice() },
    { ...KEY, booleans: 1, everSet: 3, uid: counting(16) },
    { ...KEY, keyType: ck.CKK_GENERIC_SECRET, value: Uint8Array.of(...KEY.value, 0, 0) },
  ]) {
    expect(await isRefused(limiter, same, ALICE)).toBe(true);
  }
  expect(await isRefused(limiter, { ...KEY, value: KEY.value.with(31, 9) }, ALICE)).toBe(false);
});

test("a flood of failures with other keys neither frees the attacked key nor affects a bystander", async () => {
  const limiter = new FailureLimiter(10, () => 0);
  for (let n = 0; n < 10; n++) await rvOfCall(limiter.run(KEY, ALICE, FAILED));
  const flood = async (from: number, to: number, ...callers: Caller[]) => {
    for (let n = from; n < to; n++) {
      const key = secretKey(ck.CKK_AES, Uint8Array.of(n >> 16, n >> 8, n, 1));
      await rvOfCall(limiter.run(key, callers[n % callers.length], FAILED));
    }
  };
  await flood(0, 9_999, ALICE);
  expect(await isRefused(limiter, KEY, ALICE)).toBe(true);
  expect(await isRefused(limiter, OTHER_KEY, ALICE)).toBe(false);

  await flood(9_999, 30_000, ALICE, { principal: "another one of the attacker" }, { peer: "192.0.2.7" });
  let more = 0;
  while (!(await isRefused(limiter, KEY, ALICE))) {
    await rvOfCall(limiter.run(KEY, ALICE, FAILED));
    more += 1;
  }
  expect(more).toBeGreaterThan(0);
  expect(more).toBeLessThanOrEqual(30_010 / 10_001);
  for (const [, key, caller] of BYSTANDERS) expect(await isRefused(limiter, key, caller)).toBe(false);
});

/**
 * Runs Vaudenay's attack. Returns the bytes that it found, from the end of a block, before the HSM refused, and the
 * refusal.
 */
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
      if (rv === ck.CKR_DEVICE_MEMORY) return { found: intermediate.subarray(at + 1), rv };
      if (rv === ck.CKR_ENCRYPTED_DATA_INVALID) continue;
      expect(rv).toBe(0);
      intermediate[at] = guess ^ pad;
      break;
    }
  }
  return { found: intermediate, rv: 0 };
}

test("a padding oracle reveals a block, but with the default limit only a few bytes per minute", async () => {
  const plain = new TextEncoder().encode("attack at dawn!!");
  const clock = () => 0;
  for (const open of [true, false]) {
    const engine = engineOf({ clock, ...(open && { failuresPerMinute: false }) });
    const { key } = await aesKey(engine, ck.CKA_ENCRYPT, ck.CKA_DECRYPT);
    const { ciphered } = await engine.encryptSingle({ mech: cbcPad, key, plain });
    const { found, rv } = await readByPadding(engine, key, ciphered.subarray(0, 16));
    expect(found.map((byte, i) => byte ^ iv[16 - found.length + i]!)).toEqual(plain.subarray(16 - found.length));
    expect(rv).toBe(open ? 0 : ck.CKR_DEVICE_MEMORY);
    expect(found.length).toBeLessThanOrEqual(open ? 16 : 15);
    expect(await rvOfCall(engine.decryptSingle({ mech: cbcPad, key, ciphered }, { principal: "alice" }))).toBe(0);
  }
});

/** Returns calls of every function that applies a secret key to input from a caller. Each call fails. */
async function failingCalls(engine: Engine, key: ck.KeyBlob) {
  const { state } = await engine.decryptInit({ mech: cbcPad, key });
  const updated = await engine.decryptUpdate({ state, ciphered: garbage });
  const cbc = { ...cbcPad, mechanism: ck.CKM_AES_CBC };
  const hmac = { mechanism: ck.CKM_SHA256_HMAC };
  const mac = { data: garbage, signature: garbage };
  const macState = (await engine.verifyInit({ mech: hmac, pubKey: key })).state;
  const macParts = (await engine.verifyUpdate({ state: macState, data: garbage })).state;
  const template = new Map<number, ck.AttributeValue>([[ck.CKA_KEY_TYPE, ck.CKK_AES]]);
  const kwp = { mechanism: ck.CKM_AES_KEY_WRAP_PAD };
  const calls: [number, (options: ck.CallOptions) => Promise<unknown>][] = [
    [ck.CKR_ENCRYPTED_DATA_INVALID, (o) => engine.decryptSingle({ mech: cbcPad, key, ciphered: garbage }, o)],
    [ck.CKR_ENCRYPTED_DATA_INVALID, (o) => engine.decrypt({ state, ciphered: garbage }, o)],
    [ck.CKR_ENCRYPTED_DATA_INVALID, (o) => engine.decryptFinal({ state: updated.state }, o)],
    [
      ck.CKR_ENCRYPTED_DATA_INVALID,
      (o) => engine.reencryptSingle({ decMech: cbcPad, decKey: key, encMech: cbc, encKey: key, ciphered: garbage }, o),
    ],
    [ck.CKR_WRAPPED_KEY_INVALID, (o) => engine.unwrapKey({ mech: kwp, kek: key, wrapped: garbage, template }, o)],
    [ck.CKR_SIGNATURE_INVALID, (o) => engine.verifySingle({ mech: hmac, pubKey: key, ...mac }, o)],
    [ck.CKR_SIGNATURE_INVALID, (o) => engine.verify({ state: macState, ...mac }, o)],
    [ck.CKR_SIGNATURE_INVALID, (o) => engine.verifyFinal({ state: macParts, signature: garbage }, o)],
  ];
  return calls;
}

const ALL_USES = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_VERIFY];

test("every function that applies a secret key to input from a caller is counted and refused, per key and caller", async () => {
  const engine = engineOf({ failuresPerMinute: 1, clock: () => 0 });
  const { key } = await aesKey(engine, ...ALL_USES);
  const { key: otherKey } = await aesKey(engine, ...ALL_USES);
  const calls = await failingCalls(engine, key);
  const bystander = await failingCalls(engine, otherKey);
  for (const [i, [rv, call]] of calls.entries()) {
    const principal = `principal ${i}`;
    expect(await rvOfCall(call({ principal }))).toBe(rv);
    for (const [, other] of calls) expect(await rvOfCall(other({ principal }))).toBe(ck.CKR_DEVICE_MEMORY);
    expect(await rvOfCall(engine.encryptSingle({ mech: cbcPad, key, plain: garbage }, { principal }))).toBe(0);
    // The limit must not affect another key of the same caller, or other callers with the same key.
    expect(await rvOfCall(bystander[i]![1]({ principal }))).toBe(rv);
    expect(await rvOfCall(call({ principal: `bystander ${i}` }))).toBe(rv);
    expect(await rvOfCall(call({ peer: `192.0.2.${i}` }))).toBe(rv);
  }
});

test("1,000 failures of a caller without credentials block only this key, and only for this caller", async () => {
  const engine = engineOf({ clock: () => 0 });
  const { key } = await aesKey(engine, ck.CKA_ENCRYPT, ck.CKA_DECRYPT);
  const { key: otherKey } = await aesKey(engine, ck.CKA_ENCRYPT, ck.CKA_DECRYPT);
  const sent = async (sealed: ck.KeyBlob, options?: ck.CallOptions) => {
    const { ciphered } = await engine.encryptSingle({ mech: cbcPad, key: sealed, plain: iv });
    return rvOfCall(engine.decryptSingle({ mech: cbcPad, key: sealed, ciphered }, options));
  };
  for (let n = 0; n < 1000; n++) {
    const call = engine.decryptSingle({ mech: cbcPad, key, ciphered: garbage });
    expect(await rvOfCall(call)).toBe(ck.CKR_ENCRYPTED_DATA_INVALID);
  }
  expect(await sent(key)).toBe(ck.CKR_DEVICE_MEMORY);
  expect(await sent(otherKey)).toBe(0);
  expect(await sent(key, { principal: "bob" })).toBe(0);
  expect(await sent(key, { peer: "192.0.2.1" })).toBe(0);
});

test("another blob of an attacked key is blocked as well", async () => {
  const random = repeatableRandom();
  const loaded = Keyring.create(random).generate(random);
  const keyring = new LiveKeyring(loaded.commit(loaded.next!.masterKey.verificationPattern));
  const engine = engineOf({ keyring, failuresPerMinute: 1, clock: () => 0 });
  const { key: kek } = await aesKey(engine, ck.CKA_WRAP, ck.CKA_UNWRAP);
  const { key } = await aesKey(engine, ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_EXTRACTABLE);
  const kwp = { mechanism: ck.CKM_AES_KEY_WRAP_PAD };
  const { wrapped } = await engine.wrapKey({ mech: kwp, key, kek });
  const template = new Map<number, ck.AttributeValue>([
    [ck.CKA_KEY_TYPE, ck.CKK_AES],
    [ck.CKA_DECRYPT, true],
  ]);
  const attack = (sealed: ck.KeyArgument) =>
    rvOfCall(engine.decryptSingle({ mech: cbcPad, key: sealed, ciphered: garbage }, { principal: "mallory" }));
  expect(await attack(key)).toBe(ck.CKR_ENCRYPTED_DATA_INVALID);

  const attributes = new Map([[ck.CKA_ENCRYPT, false]]);
  const { state } = await engine.decryptInit({ mech: cbcPad, key });
  expect(await attack(key)).toBe(ck.CKR_DEVICE_MEMORY);
  expect(await attack((await engine.unwrapKey({ mech: kwp, kek, wrapped, template })).unwrapped)).toBe(
    ck.CKR_DEVICE_MEMORY,
  );
  expect(await attack((await engine.setAttributeValue({ object: ck.sealedBytes(key), attributes })).object)).toBe(
    ck.CKR_DEVICE_MEMORY,
  );
  expect(await rvOfCall(engine.decrypt({ state, ciphered: garbage }, { principal: "mallory" }))).toBe(
    ck.CKR_DEVICE_MEMORY,
  );
  const { rewrappedKey } = await engine.rewrapKeyBlob({ wrappedKey: key });
  keyring.replace(keyring.keyring.activate());
  expect(await attack(rewrappedKey)).toBe(ck.CKR_DEVICE_MEMORY);
});

test("failed verifications with public keys are not counted", async () => {
  const engine = engineOf({ failuresPerMinute: 1 });
  const { pubKey } = await engine.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map<number, ck.AttributeValue>([[ck.CKA_EC_PARAMS, P_256.oid]]),
    privKeyTemplate: new Map(),
  });
  const request = { mech: { mechanism: ck.CKM_ECDSA }, pubKey, data: garbage, signature: new Uint8Array(64).fill(1) };
  for (let n = 0; n < 3; n++) expect(await rvOfCall(engine.verifySingle(request))).toBe(ck.CKR_SIGNATURE_INVALID);
});
