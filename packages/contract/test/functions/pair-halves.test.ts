/**
 * Tests the mechanisms of DeriveKey that return one half of a key pair: hierarchical keys, aggregation of BLS keys, and the
 * public key of a private key. Aggregation of BLS signatures is tested too.
 */
import { createECDH, createHmac } from "node:crypto";
import { deriveKeyPath, mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, it } from "vitest";
import { Importer, SAMPLE_KEYS, signing, verification } from "../../src/index.ts";
import { PAIR_HALVES } from "../support/derivations.ts";
import { kindsOf } from "../support/flow-checks.ts";
import { onEveryTarget, type Subject, sample } from "../support/on-every-target.ts";

const rowOf = (mechanismNumber: number) => PAIR_HALVES.find(([, row]) => row.mechanism === mechanismNumber)![1];
const RIGHTS = template({ CKA_SIGN: true, CKA_VERIFY: true, CKA_DERIVE: true });
const SEED = sample(32, 11);

/** Generates a BLS12-381 key pair. Tests that need several pairs use it, because the fixtures have only one. */
async function anotherPair({ target }: Subject): Promise<{ privateKey: Uint8Array; publicKey: Uint8Array }> {
  const { mech, publicTemplate, privateTemplate } = SAMPLE_KEYS["BLS12-381"];
  const request = { mech, pubKeyTemplate: publicTemplate, privKeyTemplate: privateTemplate };
  const pair = await target.ep11.generateKeyPair(request);
  return { privateKey: ck.sealedBytes(pair.privKey), publicKey: ck.sealedBytes(pair.pubKey) };
}

onEveryTarget("halves of pairs", (subject) => {
  let importer: Importer;
  let seed: Uint8Array;
  beforeAll(async () => {
    importer = await Importer.create(subject.target.ep11);
    seed = (await importer.secret(SEED, ck.CKK_GENERIC_SECRET)).key;
  });
  const derive = (mech: ck.Mechanism, baseKey: Uint8Array, requested: ck.Template = new Map()) =>
    subject.target.ep11.deriveKey({ mech, baseKey, template: requested });

  describe("CKM_IBM_BTC_DERIVE", () => {
    const bip32 = { standard: "BIP32" } as const;

    it("derives BIP 32's master key, with its chain code as CheckSum", async () => {
      const { newKey, checkSum } = await derive(mechanism.btcDerive({ ...bip32, step: "master" }), seed, RIGHTS);
      const expected = createHmac("sha512", "Bitcoin seed").update(SEED).digest();
      expect(checkSum).toEqual(new Uint8Array(expected.subarray(32)));
      const pkcs8 = Buffer.from(await importer.export(newKey));
      expect(pkcs8.includes(expected.subarray(0, 32))).toBe(true);
      const half = createECDH("secp256k1");
      half.setPrivateKey(expected.subarray(0, 32));
      expect(pkcs8.includes(half.getPublicKey())).toBe(true);
    });

    it("derives the same public key on both paths, and it verifies signatures of the private key", async () => {
      const { ep11 } = subject.target;
      const request = { scheme: "BIP32", base: seed, template: RIGHTS } as const;
      const parent = await deriveKeyPath(ep11, { ...request, path: "m/44'/0'", toPublic: true });
      const child = await deriveKeyPath(ep11, { ...request, path: "m/44'/0'/7" });
      const { chainCode } = parent;
      const fromPublic = { ...request, base: parent.key, chainCode, path: "7", fromPublic: true };
      const publicChild = await deriveKeyPath(ep11, fromPublic);
      expect(spkiOf(publicChild.key)).toEqual(spkiOf(child.publicKey!));
      expect(publicChild.chainCode).toEqual(child.chainCode);
      const mech = mechanism.ecdsaSignature("sha256");
      const signature = await signing(ep11, mech, child.key).single(SEED);
      await verification(ep11, mech, publicChild.key, signature).single(SEED);
    });

    it.each(["secp256k1", "P-256", "Ed25519"] as const)("derives SLIP-0010 paths on %s", async (curve) => {
      const request = { scheme: "SLIP-0010", base: seed, curve, template: RIGHTS } as const;
      const { key, publicKey } = await deriveKeyPath(subject.target.ep11, { ...request, path: "m/0'/1'" });
      const mech = curve === "Ed25519" ? mechanism.ed25519() : mechanism.ecdsaSignature("sha256");
      const signature = await signing(subject.target.ep11, mech, key).single(SEED);
      await verification(subject.target.ep11, mech, publicKey!, signature).single(SEED);
    });

    it("refuses invalid base keys, child indexes and parameters", async () => {
      const { privateKey } = await subject.keys.key("P-256");
      const { privateKey: long } = await subject.keys.key("generic-200");
      const master = mechanism.btcDerive({ ...bip32, step: "master" });
      const mute = await subject.keys.without(seed, ck.CKA_DERIVE);
      await expect(derive(master, privateKey)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      await expect(derive(master, long)).toThrowRv(ck.CKR_KEY_SIZE_RANGE);
      await expect(derive(master, mute)).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      const parameter = master.parameter as ck.BtcDeriveParm;
      const bad: (ck.MechanismParameter | undefined)[] = [
        undefined,
        Uint8Array.of(1),
        { ...parameter, version: 2 },
        { ...parameter, deriveType: 9 },
        { ...parameter, chainCode: SEED },
        { ...parameter, deriveType: ck.CK_IBM_BTC_BIP0032_PUB2PUB, childKeyIndex: 0x80000000, chainCode: SEED },
      ];
      for (const each of bad) {
        const mech = { mechanism: ck.CKM_IBM_BTC_DERIVE, ...(each && { parameter: each }) };
        await expect(derive(mech, seed)).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
    });
  });

  describe("CKM_IBM_ETH_DERIVE", () => {
    it("derives EIP-2333 paths to keys whose signatures verify", async () => {
      const { ep11 } = subject.target;
      const request = { scheme: "EIP-2333", path: "m/12381/3600/0", base: seed, template: RIGHTS } as const;
      const { key, publicKey } = await deriveKeyPath(ep11, request);
      const signature = await signing(ep11, mechanism.bls(), key).single(SEED);
      await verification(ep11, mechanism.bls(), publicKey!, signature).single(SEED);
    });

    it("refuses invalid base keys and parameters", async () => {
      const { privateKey } = await subject.keys.key("P-256");
      const master = mechanism.ethDerive({ step: "master" });
      await expect(derive(master, privateKey)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      for (const parameter of [undefined, Uint8Array.of(1), (master.parameter as Uint8Array).subarray(4)]) {
        const refused = derive({ mechanism: ck.CKM_IBM_ETH_DERIVE, ...(parameter && { parameter }) }, seed);
        await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
    });
  });

  describe("CKM_IBM_EC_AGGREGATE", () => {
    it("aggregates signatures and public keys, which verify together", async () => {
      const { ep11 } = subject.target;
      const pairs = [await subject.keys.key("BLS12-381"), await anotherPair(subject)];
      const bls = mechanism.bls();
      const signatures = await Promise.all(pairs.map((pair) => signing(ep11, bls, pair.privateKey).single(SEED)));
      const sumOfSignatures = { mech: mechanism.aggregateSignatures(signatures), data: new Uint8Array(0) };
      const { signature } = await ep11.signSingle({ ...sumOfSignatures, privKey: new Uint8Array(0) });
      const publicKeys = pairs.map((pair) => pair.publicKey);
      const sum = (await derive(mechanism.aggregatePublicKeys(publicKeys), new Uint8Array(0), RIGHTS)).newKey;
      await verification(ep11, bls, sum, signature).single(SEED);
      await verification(ep11, bls, new Uint8Array(Buffer.concat(publicKeys)), signature).single(SEED);
      const alone = verification(ep11, bls, publicKeys[0]!, signature).single(SEED);
      await expect(alone).toThrowRv(ck.CKR_SIGNATURE_INVALID);
      const init = ep11.signInit({ mech: sumOfSignatures.mech, privKey: new Uint8Array(0) });
      await expect(init).toThrowRv(ck.CKR_MECHANISM_INVALID);
    });

    it("refuses invalid elements", async () => {
      const { ep11 } = subject.target;
      const { publicKey } = await subject.keys.key("P-256");
      const keys = derive(mechanism.aggregatePublicKeys([publicKey]), new Uint8Array(0));
      await expect(keys).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      const request = { privKey: new Uint8Array(0), data: new Uint8Array(0) };
      for (const elements of [[sample(192)], Array.from({ length: 13 }, () => sample(192)), [new Uint8Array(0)]]) {
        const refused = ep11.signSingle({ ...request, mech: mechanism.aggregateSignatures(elements) });
        await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
    });
  });

  describe("CKM_PUB_KEY_FROM_PRIV_KEY", () => {
    const mech = { mechanism: ck.CKM_PUB_KEY_FROM_PRIV_KEY };
    it.each(kindsOf(subject, rowOf(mech.mechanism)))("derives the public key of %s", async (kind) => {
      const { privateKey, publicKey } = await subject.keys.key(kind);
      const { newKey } = await derive(mech, privateKey);
      expect(spkiOf(newKey)).toEqual(spkiOf(publicKey));
    });

    it("refuses secret and public keys, and a parameter", async () => {
      const { publicKey, privateKey } = await subject.keys.key("P-256");
      await expect(derive(mech, (await subject.keys.key("AES-128")).privateKey)).toThrowRv(
        ck.CKR_KEY_TYPE_INCONSISTENT,
      );
      await expect(derive(mech, publicKey)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      const refused = derive({ ...mech, parameter: Uint8Array.of(1) }, privateKey);
      await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    });
  });
});
