/** Tests key encapsulation (KEM) with DeriveKey: both directions, hybrids with every KDF, and requests that must be refused. */
import { createHash } from "node:crypto";
import { mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, it } from "vitest";
import { Importer } from "../../src/index.ts";
import { KEMS } from "../support/derivations.ts";
import { kindsOf } from "../support/flow-checks.ts";
import { flipBit, onEveryTarget, sample } from "../support/on-every-target.ts";

const KDFS = ["sha1", "sha224", "sha256", "sha384", "sha512"] as const;
const SECRET_BYTES = 32;
const generic = (length: number) => template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });

onEveryTarget("key encapsulation", (subject) => {
  let importer: Importer;
  beforeAll(async () => {
    importer = await Importer.create(subject.target.ep11);
  });

  describe.each(KEMS)("%s", (name, row) => {
    const kem = name === "CKM_IBM_KYBER" ? "kyber" : "ml-kem";
    const under = (mech: ck.Mechanism): ck.Mechanism => ({ ...mech, mechanism: row.mechanism });
    const derive = (mech: ck.Mechanism, baseKey: Uint8Array, requested = generic(SECRET_BYTES)) =>
      subject.target.ep11.deriveKey({ mech: under(mech), baseKey, template: requested });
    const encapsulated = async (publicKey: Uint8Array) => {
      const { newKey, checkSum } = await derive(mechanism.encapsulate({ kem }), publicKey);
      return { secret: await importer.export(newKey), ciphertext: mechanism.kemCiphertext(checkSum) };
    };
    const decapsulate = async (ciphertext: Uint8Array, privateKey: Uint8Array) =>
      importer.export((await derive(mechanism.decapsulate({ kem, ciphertext }), privateKey)).newKey);

    it.each(kindsOf(subject, row))("gives both sides the same key with %s, a new one every time", async (kind) => {
      const { privateKey, publicKey } = await subject.keys.key(kind);
      const first = await encapsulated(publicKey);
      const second = await encapsulated(spkiOf(publicKey));
      expect(first.secret).toHaveLength(SECRET_BYTES);
      expect(second.secret).not.toEqual(first.secret);
      expect(await decapsulate(first.ciphertext, privateKey)).toEqual(first.secret);
      expect(await decapsulate(second.ciphertext, privateKey)).toEqual(second.secret);
    });

    it("derives another, but always the same key from an altered ciphertext, and refuses one of another length", async () => {
      const { privateKey, publicKey } = await subject.keys.key(row.keys[0]!);
      const { ciphertext, secret } = await encapsulated(publicKey);
      const altered = flipBit(ciphertext, 77);
      const rejected = await decapsulate(altered, privateKey);
      expect(rejected).not.toEqual(secret);
      expect(await decapsulate(altered, privateKey)).toEqual(rejected);
      for (const wrong of [ciphertext.subarray(1), Uint8Array.of(...ciphertext, 0)]) {
        await expect(decapsulate(wrong, privateKey)).toThrowRv(ck.CKR_ENCRYPTED_DATA_LEN_RANGE);
      }
      await expect(decapsulate(new Uint8Array(0), privateKey)).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    });

    it("mixes in a second secret, prepended or appended, with every KDF", async () => {
      const { privateKey, publicKey } = await subject.keys.key(row.keys[0]!);
      const { ciphertext, secret } = await encapsulated(publicKey);
      const other = sample(48);
      const asData = template({ CKA_IBM_USE_AS_DATA: true });
      const { key: blob } = await importer.secret(other, ck.CKK_GENERIC_SECRET, asData);
      const sharedData = sample(5);
      const mixed = async (hybrid: Omit<mechanism.KemOptions, "kem">, length: number) => {
        const mech = mechanism.decapsulate({ ...hybrid, kem, ciphertext });
        return importer.export((await derive(mech, privateKey, generic(length))).newKey);
      };
      for (const prepend of [true, false]) {
        const both = prepend ? [secret, other] : [other, secret];
        expect(await mixed({ secret: blob, kdf: "concatenate", prepend }, 80)).toEqual(
          new Uint8Array(Buffer.concat(both)),
        );
        for (const kdf of KDFS) {
          const block = (counter: number) =>
            createHash(kdf)
              .update(Buffer.concat([...both, Uint8Array.of(0, 0, 0, counter), sharedData]))
              .digest();
          const expected = Buffer.concat([1, 2, 3, 4, 5].map(block)).subarray(0, 90);
          expect(await mixed({ secret: blob, kdf, prepend, sharedData }, 90)).toEqual(new Uint8Array(expected));
        }
      }
    });

    it("refuses the other half, keys of other types or without the right, and invalid parameters", async () => {
      const { privateKey, publicKey } = await subject.keys.key(row.keys[0]!);
      const encapsulate = mechanism.encapsulate({ kem });
      const decapsulation = mechanism.decapsulate({ kem, ciphertext: (await encapsulated(publicKey)).ciphertext });
      const { privateKey: aes } = await subject.keys.key("AES-256");
      const mute = await subject.keys.without(privateKey, ck.CKA_DERIVE);
      await expect(derive(encapsulate, privateKey)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      await expect(derive(decapsulation, publicKey)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      await expect(derive(encapsulate, aes)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      await expect(derive(decapsulation, mute)).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      const sound = encapsulate.parameter as ck.KyberKemParm;
      const bad: ck.MechanismParameter[] = [
        Uint8Array.of(1, 2, 3),
        { ...sound, mode: 3 },
        { ...sound, version: 1 },
        { ...sound, kdf: ck.CKD_SHA256_KDF },
        { ...sound, kdf: ck.CKD_IBM_HYBRID_SHA256_KDF },
        { ...sound, sharedData: sample(2) },
      ];
      for (const parameter of bad) {
        await expect(derive({ ...encapsulate, parameter }, publicKey)).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      }
      await expect(derive(encapsulate, publicKey, new Map())).toThrowRv(ck.CKR_TEMPLATE_INCOMPLETE);
    });
  });
});
