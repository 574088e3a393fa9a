/**
 * Tests that sealed keys can themselves be encrypted under another key with AES-ECB, as some programs do. That works only if
 * blobs consist of whole blocks, as IBM's do. whole-blocks.ts checks the length of every blob that any suite receives; this file
 * encrypts and decrypts sealed keys.
 */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { onEveryTarget, sample } from "../support/on-every-target.ts";
import { inWholeBlocks, sealedIn } from "../support/whole-blocks.ts";

const MODES = [
  ["CKM_AES_ECB", { mechanism: ck.CKM_AES_ECB }],
  ["CKM_AES_CBC", { mechanism: ck.CKM_AES_CBC, parameter: sample(16) }],
] as const;
const CBC_PAD = mechanism.aesCbcPad(sample(16));
const KINDS = Object.keys(contract.SAMPLE_KEYS) as contract.SampleKey[];

onEveryTarget("sealed keys as data", (subject) => {
  let kek: Uint8Array;
  beforeAll(async () => {
    kek = (await subject.keys.key("AES-256")).privateKey;
  });

  it.each(KINDS)("a %s key is the same key after encryption and decryption in whole blocks", async (kind) => {
    const { ep11 } = subject.target;
    const { privateKey: blob } = await subject.keys.key(kind);
    const wrapped = async (key: Uint8Array) => (await ep11.wrapKey({ mech: CBC_PAD, kek, key })).wrapped;
    const before = await wrapped(blob);
    for (const [, mech] of MODES) {
      const { ciphered } = await ep11.encryptSingle({ mech, key: kek, plain: blob });
      expect(ciphered.length).toBe(blob.length);
      const { plain } = await ep11.decryptSingle({ mech, key: kek, ciphered });
      expect(plain).toEqual(blob);
      expect(await wrapped(plain)).toEqual(before);
    }
  });

  it.each(MODES)("keys encrypted and decrypted with %s sign, decrypt and verify", async (_, mech) => {
    const { ep11 } = subject.target;
    const through = async (plain: Uint8Array) => {
      const { ciphered } = await ep11.encryptSingle({ mech, key: kek, plain });
      return (await ep11.decryptSingle({ mech, key: kek, ciphered })).plain;
    };
    const data = sample(32);
    for (const [kind, signMech] of [
      ["P-256", mechanism.ecdsa()],
      ["RSA-2048", mechanism.rsaPkcsSignature("sha256")],
      ["Ed25519", { mechanism: ck.CKM_IBM_ED25519_SHA512 }],
      ["generic-32", { mechanism: ck.CKM_SHA256_HMAC }],
    ] as const) {
      const { privateKey, publicKey } = await subject.keys.key(kind);
      const signature = await contract.signing(ep11, signMech, await through(privateKey)).single(data);
      await contract.verification(ep11, signMech, publicKey, signature).single(data);
    }
    for (const [kind, cryptMech] of [
      ["AES-128", CBC_PAD],
      ["DES3", { mechanism: ck.CKM_DES3_CBC_PAD, parameter: sample(8) }],
      ["RSA-2048", mechanism.rsaPkcs()],
    ] as const) {
      const { privateKey, publicKey } = await subject.keys.key(kind);
      const ciphered = await contract.encryption(ep11, cryptMech, publicKey).single(data);
      expect(await contract.decryption(ep11, cryptMech, await through(privateKey)).single(ciphered)).toEqual(data);
    }
  });

  it("a state has whole blocks, however much data is pending", async () => {
    const { ep11 } = subject.target;
    const { privateKey: key } = await subject.keys.key("AES-256");
    for (const operation of [
      contract.digestion(ep11, { mechanism: ck.CKM_SHA256 }),
      contract.encryption(ep11, CBC_PAD, key),
    ]) {
      for (let length = 1; length <= 17; length++) {
        const { state } = await operation.update(await operation.init(), sample(length));
        expect(state.length % 16).toBe(0);
      }
    }
  });
});

it("the check in all suites covers keys and states, and rejects partial blocks", async () => {
  const blob = (length: number) => ({ keyBlobs: [new Uint8Array(length)] });
  expect(sealedIn({ privKey: blob(16), pubKey: blob(32), checkSum: new Uint8Array(7) }).map((b) => b.length)).toEqual([
    16, 32,
  ]);
  expect(sealedIn({ state: new Uint8Array(48), plain: new Uint8Array(5) }).map((b) => b.length)).toEqual([48]);
  const responses = {
    generateKey: async () => ({ key: blob(169) }),
    signInit: async () => ({ state: new Uint8Array(160) }),
  };
  const watched = inWholeBlocks(responses as unknown as ck.Ep11);
  await expect(watched.generateKey({ mech: { mechanism: 0 }, template: new Map() })).rejects.toThrow("169 bytes");
  await watched.signInit({ mech: { mechanism: 0 }, privKey: new Uint8Array(1) });
});
