/**
 * Tests every mechanism that derives secret keys: with both sides of a key agreement, with every KDF, and with requests that must
 * be refused.
 */
import { createHash } from "node:crypto";
import { publicPointOf, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { SECRETS } from "../support/derivations.ts";
import { onEveryTarget, readAttributes, type Subject, sample } from "../support/on-every-target.ts";

const AES_16 = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 16 });
const generic = (length?: number) => template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });

const HASHES: ReadonlyMap<number, readonly [name: string, bytes: number]> = new Map([
  [ck.CKM_SHA1_KEY_DERIVATION, ["sha1", 20]],
  [ck.CKM_SHA224_KEY_DERIVATION, ["sha224", 28]],
  [ck.CKM_SHA256_KEY_DERIVATION, ["sha256", 32]],
  [ck.CKM_SHA384_KEY_DERIVATION, ["sha384", 48]],
  [ck.CKM_SHA512_KEY_DERIVATION, ["sha512", 64]],
  [ck.CKM_SHA512_224_KEY_DERIVATION, ["sha512-224", 28]],
  [ck.CKM_SHA512_256_KEY_DERIVATION, ["sha512-256", 32]],
  [ck.CKM_SHA3_224_KEY_DERIVATION, ["sha3-224", 28]],
  [ck.CKM_SHA3_256_KEY_DERIVATION, ["sha3-256", 32]],
  [ck.CKM_SHA3_384_KEY_DERIVATION, ["sha3-384", 48]],
  [ck.CKM_SHA3_512_KEY_DERIVATION, ["sha3-512", 64]],
]);

const DATA = sample(48);
const isAgreement = (row: contract.MechanismExpectation) => contract.SAMPLE_KEYS[row.keys[0]!].kind === "pair";

/**
 * Returns the keys of a peer: a new pair with the parameters of the pair in the fixtures, or the same key if it is not
 * a pair.
 */
async function peerOf(subject: Subject, kind: contract.SampleKey): Promise<contract.KeyPair> {
  const made = contract.SAMPLE_KEYS[kind];
  const own = await subject.keys.key(kind);
  if (made.kind !== "pair") return own;
  const { ep11 } = subject.target;
  const attribute = made.keyType === ck.CKK_DH ? ck.CKA_IBM_STRUCT_PARAMS : ck.CKA_EC_PARAMS;
  const [parameters] = await readAttributes(subject, own.publicKey, attribute);
  const pubKeyTemplate = new Map([...made.publicTemplate, [attribute, parameters!] as const]);
  const pair = await ep11.generateKeyPair({ mech: made.mech, pubKeyTemplate, privKeyTemplate: made.privateTemplate });
  return { privateKey: ck.sealedBytes(pair.privKey), publicKey: ck.sealedBytes(pair.pubKey) };
}

onEveryTarget("derivation", (subject) => {
  let importer: contract.Importer;
  beforeAll(async () => {
    importer = await contract.Importer.create(subject.target.ep11);
  });
  const derive = (mech: ck.Mechanism, baseKey: Uint8Array, requested: ck.Template) =>
    subject.target.ep11.deriveKey({ mech, baseKey, template: requested });
  const derivedBytes = async (mech: ck.Mechanism, baseKey: Uint8Array, requested: ck.Template) =>
    importer.export((await derive(mech, baseKey, requested)).newKey);

  describe.each(SECRETS.filter(([, row]) => isAgreement(row)))("%s", (_, row) => {
    it.each(row.keys)("gives both sides the same key with %s", async (kind) => {
      const own = await subject.keys.key(kind);
      const peer = await peerOf(subject, kind);
      const ours = await derivedBytes(contract.mechanismWithPeer(row, peer), own.privateKey, generic());
      expect(await derivedBytes(contract.mechanismWithPeer(row, own), peer.privateKey, generic())).toEqual(ours);
      // Without a KDF, a shorter key consists of the trailing bytes.
      const short = await derivedBytes(contract.mechanismWithPeer(row, peer), own.privateKey, generic(10));
      expect(short).toEqual(ours.subarray(-10));
      const tooLong = derive(
        contract.mechanismWithPeer(row, peer),
        own.privateKey,
        generic(Math.min(ours.length + 1, 256)),
      );
      if (ours.length < 256) await expect(tooLong).toThrowRv(ck.CKR_TEMPLATE_INCONSISTENT);
    });

    it("accepts only a peer of the same group", async () => {
      const { privateKey, publicKey } = await subject.keys.key(row.keys[0]!);
      const point = contract.mechanismWithPeer(row, { privateKey, publicKey }).parameter as Uint8Array;
      const wrong = [new Uint8Array(0), new Uint8Array(point.length), Uint8Array.of(1)];
      // Any 32 bytes are a valid point of X25519, but almost no 64 bytes are a valid point of a Weierstrass curve.
      const onWeierstrass = contract.WEIERSTRASS_CURVES.some((curve) => curve === row.keys[0]);
      if (onWeierstrass) wrong.push(point.map((byte, index) => byte ^ (index && 0xff)));
      for (const parameter of wrong) {
        const refused = derive({ mechanism: row.mechanism, parameter }, privateKey, AES_16);
        await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
    });
  });

  describe.each(SECRETS)("%s", (_, row) => {
    it("sets the attributes of a derived key", async () => {
      const { privateKey } = await subject.keys.key(row.keys[0]!);
      const peer = await peerOf(subject, row.keys[0]!);
      const { newKey, checkSum } = await derive(contract.mechanismWithPeer(row, peer), privateKey, AES_16);
      expect(checkSum).toHaveLength(7);
      expect(Buffer.from(checkSum).readUInt32BE(3)).toBe(128);
      const rights = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY, ck.CKA_EXTRACTABLE];
      expect(await readAttributes(subject, newKey, ...rights)).toEqual(rights.map(() => true));
      const others = [ck.CKA_LOCAL, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DERIVE, ck.CKA_NEVER_EXTRACTABLE];
      expect(await readAttributes(subject, newKey, ...others)).toEqual(others.map(() => false));
    });

    it("refuses base keys without the right, of another type, of the wrong half, and missing ones", async () => {
      const pair = await subject.keys.key(row.keys[0]!);
      const mech = contract.mechanismWithPeer(row, pair);
      const powerless = await subject.keys.without(pair.privateKey, ck.CKA_DERIVE);
      const misfit = await subject.keys.key(isAgreement(row) ? "AES-256" : "P-256");
      await expect(derive(mech, powerless, AES_16)).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      await expect(derive(mech, misfit.privateKey, AES_16)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      await expect(derive(mech, new Uint8Array(0), AES_16)).toThrowRv(ck.CKR_KEY_HANDLE_INVALID);
      if (isAgreement(row)) await expect(derive(mech, pair.publicKey, AES_16)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
    });

    it("refuses unsupported templates", async () => {
      const pair = await subject.keys.key(row.keys[0]!);
      const refuse = (requested: ck.Template, rv: number) =>
        expect(derive(contract.mechanismWithPeer(row, pair), pair.privateKey, requested)).toThrowRv(rv);
      await refuse(template({ CKA_KEY_TYPE: ck.CKK_AES }), ck.CKR_TEMPLATE_INCOMPLETE);
      await refuse(template({ CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 20 }), ck.CKR_KEY_SIZE_RANGE);
      await refuse(template({ CKA_KEY_TYPE: ck.CKK_RSA }), ck.CKR_TEMPLATE_INCONSISTENT);
      await refuse(new Map([...AES_16, [ck.CKA_CLASS, ck.CKO_PRIVATE_KEY]]), ck.CKR_TEMPLATE_INCONSISTENT);
      await refuse(new Map([...AES_16, [ck.CKA_LOCAL, true]]), ck.CKR_ATTRIBUTE_READ_ONLY);
    });

    it("refuses parameters of other mechanisms", async () => {
      const { privateKey } = await subject.keys.key(row.keys[0]!);
      const bad = row.parameter || isAgreement(row) ? [undefined, Uint8Array.of(0)] : [sample(3)];
      for (const parameter of bad) {
        const refused = derive({ mechanism: row.mechanism, ...(parameter && { parameter }) }, privateKey, AES_16);
        await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
    });
  });

  describe.each(SECRETS.filter(([, row]) => HASHES.has(row.mechanism)))("%s", (_, row) => {
    const [name, bytes] = HASHES.get(row.mechanism) ?? ["", 0];

    it("hashes the base key and uses the leading bytes", async () => {
      const value = sample(40);
      const base = (await importer.secret(value, ck.CKK_GENERIC_SECRET)).key;
      const digest = new Uint8Array(createHash(name).update(value).digest());
      const mech = { mechanism: row.mechanism };
      expect(await derivedBytes(mech, base, new Map())).toEqual(digest);
      expect(await derivedBytes(mech, base, template({ CKA_VALUE_LEN: 11 }))).toEqual(digest.subarray(0, 11));
      expect(await derivedBytes(mech, base, AES_16)).toEqual(digest.subarray(0, 16));
      const tooLong = derive(mech, base, template({ CKA_VALUE_LEN: bytes + 1 }));
      await expect(tooLong).toThrowRv(ck.CKR_TEMPLATE_INCONSISTENT);
      const { newKey } = await derive(mech, base, template({ CKA_KEY_TYPE: ck.CKK_DES2 }));
      expect(await readAttributes(subject, newKey, ck.CKA_VALUE_LEN)).toEqual([16]);
    });
  });

  it("encrypts data with CKM_DES3_ECB_ENCRYPT_DATA", async () => {
    const { ep11 } = subject.target;
    const { privateKey } = await subject.keys.key("DES3");
    const ecb = { mechanism: ck.CKM_DES3_ECB };
    const { ciphered } = await ep11.encryptSingle({ mech: ecb, key: privateKey, plain: DATA });
    const mech = { mechanism: ck.CKM_DES3_ECB_ENCRYPT_DATA, parameter: DATA };
    expect(await derivedBytes(mech, privateKey, generic(20))).toEqual(ciphered.subarray(0, 20));
  });

  it("makes the derived key unextractable if the base key is", async () => {
    const inner = template({ CKA_VALUE_LEN: 32, CKA_DERIVE: true, CKA_EXTRACTABLE: false });
    const mech = { mechanism: ck.CKM_GENERIC_SECRET_KEY_GEN };
    const base = ck.sealedBytes((await subject.target.ep11.generateKey({ mech, template: inner })).key);
    const hashing = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
    const requested = template({ CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 16, CKA_EXTRACTABLE: false });
    const { newKey } = await derive(hashing, base, requested);
    expect(await readAttributes(subject, newKey, ck.CKA_NEVER_EXTRACTABLE)).toEqual([true]);
    await expect(importer.export(newKey)).toThrowRv(ck.CKR_KEY_UNEXTRACTABLE);
  });

  describe("CKM_ECDH1_DERIVE with a structured parameter", () => {
    const parameter = (
      kdf: number,
      publicData: Uint8Array,
      sharedData: Uint8Array = new Uint8Array(0),
    ): ck.Mechanism => ({
      mechanism: ck.CKM_ECDH1_DERIVE,
      parameter: { type: "ECDH1DeriveParm", kdf, publicData, sharedData },
    });
    const KDFS = [
      ["sha1", ck.CKD_SHA1_KDF],
      ["sha224", ck.CKD_SHA224_KDF],
      ["sha256", ck.CKD_SHA256_KDF],
      ["sha384", ck.CKD_SHA384_KDF],
      ["sha512", ck.CKD_SHA512_KDF],
    ] as const;

    it.each(KDFS)("runs the X9.63 KDF with %s", async (hash, kdf) => {
      const { privateKey, publicKey } = await subject.keys.key("P-256");
      const point = publicPointOf(publicKey);
      const shared = sample(9);
      const secret = await derivedBytes(parameter(ck.CKD_NULL, point), privateKey, generic());
      const block = (counter: number) =>
        createHash(hash)
          .update(secret)
          .update(Uint8Array.of(0, 0, 0, counter))
          .update(shared)
          .digest();
      const expected = Buffer.concat([1, 2, 3, 4, 5].map(block)).subarray(0, 100);
      const value = await derivedBytes(parameter(kdf, point, shared), privateKey, generic(100));
      expect(value).toEqual(new Uint8Array(expected));
      await expect(derive(parameter(kdf, point), privateKey, generic())).toThrowRv(ck.CKR_TEMPLATE_INCOMPLETE);
    });

    it("returns the whole secret for a hybrid exchange", async () => {
      const { privateKey, publicKey } = await subject.keys.key("P-521");
      const mech = parameter(ck.CKD_IBM_HYBRID_NULL, publicPointOf(publicKey));
      expect(await derivedBytes(mech, privateKey, generic(66))).toHaveLength(66);
      await expect(derive(mech, privateKey, generic(65))).toThrowRv(ck.CKR_TEMPLATE_INCONSISTENT);
    });

    it("accepts the peer's point bare, compressed, in an OCTET STRING and as SPKI", async () => {
      const { privateKey } = await subject.keys.key("P-256");
      const peer = await peerOf(subject, "P-256");
      const point = publicPointOf(peer.publicKey);
      const expected = await derivedBytes(parameter(ck.CKD_NULL, point), privateKey, generic());
      const compressed = Uint8Array.of(2 + (point.at(-1)! & 1), ...point.subarray(1, 33));
      const octets = Uint8Array.of(4, point.length, ...point);
      for (const form of [compressed, octets, spkiOf(peer.publicKey)]) {
        expect(await derivedBytes(parameter(ck.CKD_NULL, form), privateKey, generic())).toEqual(expected);
      }
    });

    it("refuses unknown KDFs, shared data without a KDF, and too much shared data", async () => {
      const { privateKey, publicKey } = await subject.keys.key("P-256");
      const point = publicPointOf(publicKey);
      const bad = [
        parameter(3, point),
        parameter(ck.CKD_NULL, point, sample(3)),
        parameter(ck.CKD_SHA256_KDF, point, sample(1025)),
      ];
      for (const mech of bad) {
        await expect(derive(mech, privateKey, AES_16)).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
    });

    it("refuses keys on other curves", async () => {
      for (const kind of ["Ed25519", "X25519"] as const) {
        const { privateKey, publicKey } = await subject.keys.key(kind);
        const refused = derive(parameter(ck.CKD_NULL, publicPointOf(publicKey)), privateKey, AES_16);
        await expect(refused).toThrowRv(ck.CKR_MECHANISM_INVALID);
      }
      const { privateKey } = await subject.keys.key("P-256");
      const other = publicPointOf((await subject.keys.key("secp256k1")).publicKey);
      const mech = { mechanism: ck.CKM_IBM_EC_X25519, parameter: other };
      await expect(derive(mech, privateKey, AES_16)).toThrowRv(ck.CKR_MECHANISM_INVALID);
      await expect(derive(parameter(ck.CKD_NULL, other), privateKey, AES_16)).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    });
  });
});
