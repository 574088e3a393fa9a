import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { everyCut } from "../parts.ts";
import { counting } from "../sealing.ts";

const MESSAGE = counting(100);
/** Two engines with the same master key, as in two processes: the calls of an operation alternate between them. */
const engines = [testEngine(), testEngine()] as const;
const [one, other] = engines;

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * index, value);
  return bytes;
}

const GCM: ck.Mechanism = {
  mechanism: ck.CKM_AES_GCM,
  parameter: concatenate(numbers(12, 96, 20, 128), counting(12), counting(20)),
};
const CHACHA20_POLY1305: ck.Mechanism = {
  mechanism: ck.CKM_CHACHA20_POLY1305,
  parameter: concatenate(numbers(12, 20), counting(12), counting(20)),
};
const CTR: ck.Mechanism = { mechanism: ck.CKM_AES_CTR, parameter: concatenate(numbers(32), counting(16)) };
const CHACHA20: ck.Mechanism = {
  mechanism: ck.CKM_CHACHA20,
  parameter: concatenate(numbers(32, 96), counting(4), counting(12)),
};

async function newKey(mechanism: number, length = 32): Promise<ck.KeyArgument> {
  const { key } = await one.generateKey({ mech: { mechanism }, template: new Map([[ck.CKA_VALUE_LEN, length]]) });
  return key;
}

async function encryptAlternately(
  mech: ck.Mechanism,
  key: ck.KeyArgument,
  parts: readonly Uint8Array[],
): Promise<Uint8Array> {
  let { state } = await one.encryptInit({ mech, key });
  const outputs: Uint8Array[] = [];
  for (const [index, plain] of parts.entries()) {
    const step = await engines[(index + 1) % 2]!.encryptUpdate({ state, plain });
    state = step.state;
    outputs.push(step.ciphered);
  }
  return concatenate(...outputs, (await other.encryptFinal({ state })).ciphered);
}

describe.each([
  { name: "AES-GCM", mech: GCM, keyGen: ck.CKM_AES_KEY_GEN, aead: true },
  { name: "ChaCha20-Poly1305", mech: CHACHA20_POLY1305, keyGen: ck.CKM_CHACHA20_KEY_GEN, aead: true },
  { name: "AES-CTR", mech: CTR, keyGen: ck.CKM_AES_KEY_GEN, aead: false },
  { name: "ChaCha20", mech: CHACHA20, keyGen: ck.CKM_CHACHA20_KEY_GEN, aead: false },
])("$name", ({ mech, keyGen, aead }) => {
  test("two processes, cut at every byte, equal one call", async () => {
    const key = await newKey(keyGen);
    const { ciphered } = await one.encryptSingle({ mech, key, plain: MESSAGE });
    for (const parts of everyCut(MESSAGE)) expect(await encryptAlternately(mech, key, parts)).toEqual(ciphered);
    const { state } = await other.decryptInit({ mech, key });
    expect((await one.decrypt({ state, ciphered })).plain).toEqual(MESSAGE);
    expect((await other.decryptSingle({ mech, key, ciphered })).plain).toEqual(MESSAGE);
  });

  test(`decryption in parts ${aead ? "is refused" : "works"}`, async () => {
    const key = await newKey(keyGen);
    const { ciphered } = await one.encryptSingle({ mech, key, plain: MESSAGE });
    const { state } = await other.decryptInit({ mech, key });
    if (aead) {
      expect(await rvOfCall(one.decryptUpdate({ state, ciphered }))).toBe(ck.CKR_MECHANISM_INVALID);
      expect(await rvOfCall(one.decryptFinal({ state }))).toBe(ck.CKR_MECHANISM_INVALID);
      return;
    }
    const head = await one.decryptUpdate({ state, ciphered: ciphered.subarray(0, 33) });
    const tail = await other.decryptUpdate({ state: head.state, ciphered: ciphered.subarray(33) });
    const { plain } = await one.decryptFinal({ state: tail.state });
    expect(concatenate(head.plain, tail.plain, plain)).toEqual(MESSAGE);
  });
});

describe.each([
  { name: "CMAC", mech: { mechanism: ck.CKM_AES_CMAC }, keyGen: ck.CKM_AES_KEY_GEN, bytes: 16 },
  {
    name: "CMAC_GENERAL",
    mech: { mechanism: ck.CKM_AES_CMAC_GENERAL, parameter: numbers(9) },
    keyGen: ck.CKM_AES_KEY_GEN,
    bytes: 9,
  },
  {
    name: "GMAC",
    mech: { mechanism: ck.CKM_AES_GMAC, parameter: counting(12) },
    keyGen: ck.CKM_AES_KEY_GEN,
    bytes: 16,
  },
  {
    name: "SHA3_256_HMAC_GENERAL with a key of its own type",
    mech: { mechanism: ck.CKM_SHA3_256_HMAC_GENERAL, parameter: numbers(20) },
    keyGen: ck.CKM_SHA3_256_KEY_GEN,
    bytes: 20,
  },
])("$name", ({ mech, keyGen, bytes }) => {
  test("two processes, cut at every byte, equal one call", async () => {
    const key = await newKey(keyGen);
    const { signature } = await one.signSingle({ mech, privKey: key, data: MESSAGE });
    expect(signature).toHaveLength(bytes);
    for (const parts of everyCut(MESSAGE)) {
      let { state } = await one.signInit({ mech, privKey: key });
      for (const [index, data] of parts.entries()) {
        state = (await engines[(index + 1) % 2]!.signUpdate({ state, data })).state;
      }
      expect((await other.signFinal({ state })).signature).toEqual(signature);
    }
    await other.verifySingle({ mech, pubKey: key, data: MESSAGE, signature });
  });
});

test("one-shot mechanisms have no parts and require their key types", async () => {
  const xtsKey = await newKey(ck.CKM_AES_XTS_KEY_GEN, 64);
  const aesKey = await newKey(ck.CKM_AES_KEY_GEN);
  const xts: ck.Mechanism = { mechanism: ck.CKM_AES_XTS, parameter: counting(16) };
  const ccm: ck.Mechanism = {
    mechanism: ck.CKM_AES_CCM,
    parameter: concatenate(numbers(100, 12, 0, 16), counting(12)),
  };
  for (const [mech, key] of [
    [xts, xtsKey],
    [ccm, aesKey],
  ] as const) {
    const { state } = await one.encryptInit({ mech, key });
    expect(await rvOfCall(other.encryptUpdate({ state, plain: MESSAGE }))).toBe(ck.CKR_MECHANISM_INVALID);
    const { ciphered } = await other.encrypt({ state, plain: MESSAGE });
    expect((await one.decryptSingle({ mech, key, ciphered })).plain).toEqual(MESSAGE);
  }
  expect(await rvOfCall(one.encryptInit({ mech: xts, key: aesKey }))).not.toBe(0);
  expect(await rvOfCall(one.encryptInit({ mech: GCM, key: xtsKey }))).not.toBe(0);
  expect(await rvOfCall(one.encryptInit({ mech: { ...GCM, parameter: counting(13) }, key: aesKey }))).toBe(
    ck.CKR_MECHANISM_PARAM_INVALID,
  );
});

test("KWP transports a key to another process", async () => {
  const mech = { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
  const transport = new Map<number, number | boolean>([
    [ck.CKA_VALUE_LEN, 32],
    [ck.CKA_WRAP, true],
    [ck.CKA_UNWRAP, true],
  ]);
  const { key: kek } = await one.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: transport });
  const { key } = await one.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: new Map<number, number | boolean>([
      [ck.CKA_VALUE_LEN, 16],
      [ck.CKA_EXTRACTABLE, true],
    ]),
  });
  const { wrapped } = await one.wrapKey({ mech, kek, key });
  const template = new Map<number, number | boolean>([
    [ck.CKA_KEY_TYPE, ck.CKK_AES],
    [ck.CKA_ENCRYPT, true],
    [ck.CKA_DECRYPT, true],
  ]);
  const { unwrapped } = await other.unwrapKey({ mech, kek, wrapped, template });
  const { ciphered } = await one.encryptSingle({ mech: CTR, key, plain: MESSAGE });
  expect((await other.decryptSingle({ mech: CTR, key: unwrapped, ciphered })).plain).toEqual(MESSAGE);
});

test("the strict policy offers no algorithm that was never approved", async () => {
  const listed = (await testEngine({ policy: STRICT_POLICY }).getMechanismList({})).mechs;
  for (const mechanism of [ck.CKM_CHACHA20, ck.CKM_CHACHA20_POLY1305, ck.CKM_AES_ECB_ENCRYPT_DATA]) {
    expect(listed).not.toContain(mechanism);
  }
  for (const mechanism of [ck.CKM_AES_GCM, ck.CKM_AES_CTR, ck.CKM_AES_GMAC, ck.CKM_AES_XTS])
    expect(listed).toContain(mechanism);
});
