/** Drivers for current standard mechanisms: AES-GCM, key wrap, HKDF, PBKDF2, ML-DSA and ML-KEM. */
import { mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { type Fields, hexIn, numberIn } from "../support/fields.ts";
import { type Hsm, pqcPkcs8, pqcSpki } from "../support/hsm.ts";
import type { Driver } from "./driver.ts";

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const generic = (length: number) => template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });
/** Maximum length of a generic secret in bytes. */
const MAX_SECRET_BYTES = 256;

/** Decrypts. If the case is valid, encrypting the plaintext must also give the ciphertext and tag of the case. */
const opening: Driver =
  async ({ ep11, importer }) =>
  async (test) => {
    const { key } = await importer.secret(hexIn(test, "key"), ck.CKK_AES);
    const tagLength = hexIn(test, "tag").length;
    const mech = mechanism.aesGcm({ iv: hexIn(test, "iv"), aad: hexIn(test, "aad"), tagLength });
    const sealed = Uint8Array.of(...hexIn(test, "ct"), ...hexIn(test, "tag"));
    const { plain } = await ep11.decryptSingle({ mech, key, ciphered: sealed });
    if (test.result !== "valid") return equal(plain, hexIn(test, "msg"));
    const { ciphered } = await ep11.encryptSingle({ mech, key, plain });
    return equal(plain, hexIn(test, "msg")) && equal(ciphered, sealed);
  };

/**
 * Unwraps a generic secret, or decrypts if the key is too long for a secret. If the case is valid, wrapping the key must also
 * give the bytes of the case.
 */
const unwrapping: Driver =
  async ({ ep11, importer }, _group, { algorithm }) =>
  async (test) => {
    const { key: kek } = await importer.secret(hexIn(test, "key"), ck.CKK_AES);
    const mech = algorithm === "AES-WRAP" ? mechanism.aesKeyWrap() : mechanism.aesKeyWrapPadded();
    const wrapped = hexIn(test, "ct");
    const message = hexIn(test, "msg");
    if (message.length > MAX_SECRET_BYTES) {
      const { plain } = await ep11.decryptSingle({ mech, key: kek, ciphered: wrapped });
      return equal(plain, message) && equal((await ep11.encryptSingle({ mech, key: kek, plain })).ciphered, wrapped);
    }
    const requested = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET });
    const { unwrapped } = await ep11.unwrapKey({ mech, kek, wrapped, template: requested });
    const sameKey = equal(await importer.export(unwrapped), message);
    if (test.result !== "valid") return sameKey;
    return sameKey && equal((await ep11.wrapKey({ mech, kek, key: unwrapped })).wrapped, wrapped);
  };

/**
 * Derives with HKDF. An output longer than HKDF allows must be refused. Of an output longer than a generic secret can be, only
 * the beginning is compared.
 */
const expanding: Driver =
  async ({ ep11, importer }) =>
  async (test) => {
    const { key: baseKey } = await importer.secret(hexIn(test, "ikm"), ck.CKK_GENERIC_SECRET);
    const mech = mechanism.hkdf({ hash: "sha256", salt: hexIn(test, "salt"), info: hexIn(test, "info") });
    const size = numberIn(test, "size");
    const length = size <= 255 * 32 ? Math.min(size, MAX_SECRET_BYTES) : size;
    const { newKey } = await ep11.deriveKey({ mech, baseKey, template: generic(length) });
    return equal(await importer.export(newKey), hexIn(test, "okm").subarray(0, length));
  };

const stretching: Driver =
  async ({ ep11, importer }) =>
  async (test) => {
    const mech = mechanism.pbkdf2({
      hash: "sha256",
      iterations: numberIn(test, "iterationCount"),
      salt: hexIn(test, "salt"),
      password: hexIn(test, "password"),
    });
    const { key } = await ep11.generateKey({ mech, template: generic(numberIn(test, "dkLen")) });
    return equal(await importer.export(key), hexIn(test, "dk"));
  };

const contextIn = (test: Fields): Uint8Array => (typeof test.ctx === "string" ? hexIn(test, "ctx") : new Uint8Array(0));

const verifyingMlDsa: Driver = async ({ ep11 }, group) => {
  const pubKey = hexIn(group, "publicKeyDer");
  return async (test) => {
    const mech = mechanism.mlDsa({ context: contextIn(test) });
    await ep11.verifySingle({ mech, pubKey, data: hexIn(test, "msg"), signature: hexIn(test, "sig") });
    return true;
  };
};

/** Signs deterministically and compares the signature. If the case has its own randomness, the signature only has to be valid. */
const signingMlDsa: Driver =
  async ({ ep11, importer }, group) =>
  async (test) => {
    const form = "privateSeed" in group ? "seed" : "expanded";
    const bare = hexIn(group, form === "seed" ? "privateSeed" : "privateKey");
    const { key, checkSum } = await importer.privateKey(pqcPkcs8("ML-DSA-65", form, bare), ck.CKK_IBM_ML_DSA);
    const context = contextIn(test);
    const hedge = test.rnd === undefined ? ck.CKH_DETERMINISTIC_REQUIRED : ck.CKH_HEDGE_REQUIRED;
    const mech = { mechanism: ck.CKM_ML_DSA, parameter: wireForm([hedge, context.length], context) };
    const data = hexIn(test, "msg");
    const { signature } = await ep11.signSingle({ mech, privKey: key, data });
    await ep11.verifySingle({ mech, pubKey: spkiOf(checkSum), data, signature });
    return test.rnd !== undefined || equal(signature, hexIn(test, "sig"));
  };

const importSeed = ({ importer }: Hsm, test: Fields) =>
  importer.privateKey(pqcPkcs8("ML-KEM-768", "seed", hexIn(test, "seed")), ck.CKK_IBM_ML_KEM);

const decapsulating: Driver = async (hsm) => async (test) => {
  const { key: baseKey } = await importSeed(hsm, test);
  const mech = mechanism.decapsulate({ kem: "ml-kem", ciphertext: hexIn(test, "c") });
  const { newKey } = await hsm.ep11.deriveKey({ mech, baseKey, template: generic(32) });
  return equal(await hsm.importer.export(newKey), hexIn(test, "K"));
};

/** Encapsulates. The randomness in the file cannot be passed to the HSM, so only the length of the ciphertext is compared. */
const encapsulating: Driver =
  async ({ ep11 }) =>
  async (test) => {
    const baseKey = pqcSpki("ML-KEM-768", hexIn(test, "ek"));
    const mech = mechanism.encapsulate({ kem: "ml-kem" });
    const { checkSum } = await ep11.deriveKey({ mech, baseKey, template: generic(32) });
    return mechanism.kemCiphertext(checkSum).length === hexIn(test, "c").length;
  };

/**
 * Imports a seed, and compares the public key that the HSM computes. If the HSM exports the expanded private key, that is
 * compared too.
 */
const expandingSeed: Driver = async (hsm) => async (test) => {
  const { key, checkSum } = await importSeed(hsm, test);
  const exported = Buffer.from(await hsm.importer.export(key));
  const samePublic = equal(spkiOf(checkSum), pqcSpki("ML-KEM-768", hexIn(test, "ek")));
  const gives = (field: string) => exported.includes(Buffer.from(hexIn(test, field)));
  return samePublic && (gives("dk") || gives("seed"));
};

/** The drivers by type of test group. */
export const STANDARD_DRIVERS: Readonly<Record<string, Driver>> = {
  AeadTest: opening,
  KeywrapTest: unwrapping,
  HkdfTest: expanding,
  PbkdfTest: stretching,
  MlDsaVerify: verifyingMlDsa,
  MlDsaSign: signingMlDsa,
  MLKEMTest: decapsulating,
  MLKEMEncapsTest: encapsulating,
  MLKEMKeyGen: expandingSeed,
};
