/**
 * Tests that states are values: they can be used twice and on any server with the same master key, but only in the calls of their
 * operation.
 */
import { mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyring, KeyFixtures, openTarget, type Target, type TargetName } from "../../src/index.ts";
import { onEveryTarget, sample } from "../support/on-every-target.ts";

const CBC = mechanism.aesCbcPad(new Uint8Array(16));
const HMAC = mechanism.hmac("sha256");
const SHA = mechanism.digest("sha256");
const DATA = sample(48);
const SIGNATURE = sample(32);

type Kind = "digest" | "encrypt" | "decrypt" | "sign" | "verify";

/** Calls every Init function and returns the states by kind. */
async function beginAll(ep11: ck.Ep11, key: Uint8Array): Promise<Record<Kind, Uint8Array>> {
  return {
    digest: (await ep11.digestInit({ mech: SHA })).state,
    encrypt: (await ep11.encryptInit({ mech: CBC, key })).state,
    decrypt: (await ep11.decryptInit({ mech: CBC, key })).state,
    sign: (await ep11.signInit({ mech: HMAC, privKey: key })).state,
    verify: (await ep11.verifyInit({ mech: HMAC, pubKey: key })).state,
  };
}

/** Every call that takes a state, with the kind of state that it takes. */
const CALLS: readonly (readonly [string, Kind, (ep11: ck.Ep11, state: Uint8Array) => Promise<unknown>])[] = [
  ["Digest", "digest", (ep11, state) => ep11.digest({ state, data: DATA })],
  ["DigestUpdate", "digest", (ep11, state) => ep11.digestUpdate({ state, data: DATA })],
  ["DigestFinal", "digest", (ep11, state) => ep11.digestFinal({ state })],
  ["Encrypt", "encrypt", (ep11, state) => ep11.encrypt({ state, plain: DATA })],
  ["EncryptUpdate", "encrypt", (ep11, state) => ep11.encryptUpdate({ state, plain: DATA })],
  ["EncryptFinal", "encrypt", (ep11, state) => ep11.encryptFinal({ state })],
  ["Decrypt", "decrypt", (ep11, state) => ep11.decrypt({ state, ciphered: DATA })],
  ["DecryptUpdate", "decrypt", (ep11, state) => ep11.decryptUpdate({ state, ciphered: DATA })],
  ["DecryptFinal", "decrypt", (ep11, state) => ep11.decryptFinal({ state })],
  ["Sign", "sign", (ep11, state) => ep11.sign({ state, data: DATA })],
  ["SignUpdate", "sign", (ep11, state) => ep11.signUpdate({ state, data: DATA })],
  ["SignFinal", "sign", (ep11, state) => ep11.signFinal({ state })],
  ["Verify", "verify", (ep11, state) => ep11.verify({ state, data: DATA, signature: SIGNATURE })],
  ["VerifyUpdate", "verify", (ep11, state) => ep11.verifyUpdate({ state, data: DATA })],
  ["VerifyFinal", "verify", (ep11, state) => ep11.verifyFinal({ state, signature: SIGNATURE })],
];

onEveryTarget("states", (subject) => {
  let states: Record<Kind, Uint8Array>;
  let key: Uint8Array;
  beforeAll(async () => {
    key = (await subject.keys.key("AES-256")).privateKey;
    states = await beginAll(subject.target.ep11, key);
  });

  it.each(CALLS)("%s accepts a %s state and nothing else", async (_, kind, call) => {
    const { ep11 } = subject.target;
    const { publicKey } = await subject.keys.key("P-256");
    const { pinblob } = await ep11.login({ storeid: sample(8), pin: sample(8) });
    const own = states[kind];
    const others = Object.entries(states).filter(([name]) => name !== kind);
    const wrong = [...others.map(([, state]) => state), key, publicKey, pinblob, new Uint8Array(0), sample(300)];
    for (const state of [...wrong, own.subarray(0, -1), Uint8Array.of(...own, 0), own.subarray(1)]) {
      await expect(call(ep11, state)).toThrowRv(ck.CKR_SAVED_STATE_INVALID);
    }
  });

  it("a state is not accepted as a key", async () => {
    const { ep11 } = subject.target;
    for (const state of Object.values(states)) {
      await expect(ep11.encryptInit({ mech: CBC, key: state })).toThrowRv(ck.CKR_IBM_BLOB_ERROR);
      await expect(ep11.wrapKey({ mech: CBC, kek: key, key: state })).toThrowRv(ck.CKR_IBM_BLOB_ERROR);
    }
  });

  it("a state can be used twice at every step", async () => {
    const { ep11 } = subject.target;
    const part = (seed: number) => sample(20, seed);
    const expected = async (...parts: Uint8Array[]) =>
      (await ep11.signSingle({ mech: HMAC, privKey: key, data: new Uint8Array(Buffer.concat(parts)) })).signature;
    const after = (await ep11.signUpdate({ state: states.sign, data: part(1) })).state;
    const left = (await ep11.signUpdate({ state: after, data: part(2) })).state;
    const right = (await ep11.signUpdate({ state: after, data: part(3) })).state;
    expect((await ep11.signFinal({ state: left })).signature).toEqual(await expected(part(1), part(2)));
    expect((await ep11.signFinal({ state: right })).signature).toEqual(await expected(part(1), part(3)));
    expect((await ep11.signFinal({ state: left })).signature).toEqual(await expected(part(1), part(2)));
    expect((await ep11.signFinal({ state: states.sign })).signature).toEqual(await expected());
  });

  it("a one-call function cannot follow Update", async () => {
    const { ep11 } = subject.target;
    const rv = ck.CKR_OPERATION_ACTIVE;
    const digested = (await ep11.digestUpdate({ state: states.digest, data: DATA })).state;
    const encrypted = (await ep11.encryptUpdate({ state: states.encrypt, plain: DATA })).state;
    const decrypted = (await ep11.decryptUpdate({ state: states.decrypt, ciphered: DATA })).state;
    const signed = (await ep11.signUpdate({ state: states.sign, data: DATA })).state;
    const verified = (await ep11.verifyUpdate({ state: states.verify, data: DATA })).state;
    await expect(ep11.digest({ state: digested, data: DATA })).toThrowRv(rv);
    await expect(ep11.encrypt({ state: encrypted, plain: DATA })).toThrowRv(rv);
    await expect(ep11.decrypt({ state: decrypted, ciphered: DATA })).toThrowRv(rv);
    await expect(ep11.sign({ state: signed, data: DATA })).toThrowRv(rv);
    await expect(ep11.verify({ state: verified, data: DATA, signature: SIGNATURE })).toThrowRv(rv);
  });

  it("the size of states stays within IBM's limits, however much data they have processed", async () => {
    const { ep11 } = subject.target;
    const { privateKey, publicKey } = await subject.keys.key("RSA-2048");
    const mech = mechanism.rsaPkcsSignature("sha512");
    const data = sample(100_000);
    const digested = await ep11.digestUpdate({ state: states.digest, data });
    const encrypted = await ep11.encryptUpdate({ state: states.encrypt, plain: data });
    const signing = await ep11.signInit({ mech, privKey: privateKey });
    const verifying = await ep11.verifyInit({ mech, pubKey: publicKey });
    expect(digested.state.length).toBeLessThanOrEqual(1024);
    expect(encrypted.state.length).toBeLessThanOrEqual(8192);
    expect((await ep11.signUpdate({ state: signing.state, data })).state.length).toBeLessThanOrEqual(9216);
    expect((await ep11.verifyUpdate({ state: verifying.state, data })).state.length).toBeLessThanOrEqual(9216);
  });

  it("a state works without sending the key again, even if the key has lost its right", async () => {
    const { ep11 } = subject.target;
    await subject.keys.without(key, ck.CKA_SIGN);
    expect((await ep11.sign({ state: states.sign, data: DATA })).signature).toHaveLength(32);
  });
});

/** These tests change master keys and clocks, so they need their own engines and not the shared targets. */
describe.each<TargetName>(["engine", "grpc"])("states on %s", (name) => {
  const HOUR = 3_600_000;
  const SKEW = 300_000;
  let now = 1_700_000_000_000;
  let own: Target;
  let foreign: Target;
  beforeAll(async () => {
    own = await openTarget(name, { keyring: createKeyring(), clock: () => now });
    foreign = await openTarget(name);
  });
  afterAll(async () => {
    await Promise.all([own.close(), foreign.close()]);
  });

  it.each(CALLS)("%s refuses a %s state that has expired", async (_, kind, call) => {
    const { privateKey } = await new KeyFixtures(own.ep11).key("AES-256");
    const started = now;
    const state = (await beginAll(own.ep11, privateKey))[kind];
    now = started + HOUR + SKEW + 1;
    await expect(call(own.ep11, state)).toThrowRv(ck.CKR_SAVED_STATE_INVALID);
    now = started + HOUR;
    if (kind !== "verify" && kind !== "decrypt") await call(own.ep11, state);
    now = started;
  });

  it.each(CALLS)("%s refuses a %s state of another master key", async (_, kind, call) => {
    const { privateKey } = await new KeyFixtures(foreign.ep11).key("AES-256");
    const state = (await beginAll(foreign.ep11, privateKey))[kind];
    await expect(call(own.ep11, state)).toThrowRv(ck.CKR_SAVED_STATE_INVALID);
  });

  it("keys of another master key are refused", async () => {
    const keys = new KeyFixtures(foreign.ep11);
    const { privateKey: aes } = await keys.key("AES-256");
    const { privateKey, publicKey } = await keys.key("P-256");
    const { ep11 } = own;
    const requested = template({ CKA_KEY_TYPE: ck.CKK_AES });
    const mech = mechanism.ecdsaSignature("sha256");
    const refused = [
      ep11.encryptInit({ mech: CBC, key: aes }),
      ep11.signSingle({ mech, privKey: privateKey, data: DATA }),
      ep11.verifyInit({ mech, pubKey: publicKey }),
      ep11.unwrapKey({ mech: CBC, kek: aes, wrapped: DATA, template: requested }),
      ep11.deriveKey({ mech: mechanism.keyDerivation("sha256"), baseKey: aes, template: new Map() }),
      ep11.getAttributeValue({ object: aes, attributes: [ck.CKA_CLASS] }),
      ep11.setAttributeValue({ object: publicKey, attributes: new Map() }),
      ep11.rewrapKeyBlob({ wrappedKey: aes }),
    ];
    await Promise.all(refused.map((call) => expect(call).toThrowRv(ck.CKR_IBM_WKID_MISMATCH)));
    const mine = await new KeyFixtures(ep11).key("AES-256");
    await expect(ep11.wrapKey({ mech: CBC, kek: mine.privateKey, key: aes })).toThrowRv(ck.CKR_IBM_WKID_MISMATCH);
  });
});
