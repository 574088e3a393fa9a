/** Drivers for the Wycheproof schemas. A driver imports the key of a case and calls the function under test. */
import { createHash } from "node:crypto";
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { blsSignature, blsSpki } from "../known-answers/bls-points.ts";
import { type Fields, hexIn, numberIn, textIn } from "../support/fields.ts";
import { agree, hashOf, importAgreementKey, padded } from "../support/hsm.ts";
import type { Driver } from "./driver.ts";
import { STANDARD_DRIVERS } from "./standard-drivers.ts";
import type { Case, Group } from "./vectors.ts";

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Returns a driver that verifies with the group's public key, given as an SPKI without a MAC. */
function verifying(
  spki: string,
  mechanismOf: (group: Group) => ck.Mechanism,
  dataOf: (test: Case, group: Group) => Uint8Array = message,
): Driver {
  return async ({ ep11 }, group) => {
    const pubKey = hexIn(group, spki);
    const mech = mechanismOf(group);
    return async (test) => {
      await ep11.verifySingle({ mech, pubKey, data: dataOf(test, group), signature: hexIn(test, "sig") });
      return true;
    };
  };
}

function message(test: Case): Uint8Array {
  return hexIn(test, "msg");
}

function digestOfMessage(test: Case, group: Group): Uint8Array {
  return new Uint8Array(
    createHash(hashOf(textIn(group, "sha")))
      .update(hexIn(test, "msg"))
      .digest(),
  );
}

/** Returns a driver that decrypts with the group's RSA key, imported as PKCS #8. */
function decrypting(mechanismOf: (group: Group, test: Case) => ck.Mechanism): Driver {
  return async ({ ep11, importer }, group) => {
    const { key } = await importer.privateKey(hexIn(group, "privateKeyPkcs8"), ck.CKK_RSA);
    return async (test) => {
      const { plain } = await ep11.decryptSingle({ mech: mechanismOf(group, test), key, ciphered: hexIn(test, "ct") });
      return equal(plain, hexIn(test, "msg"));
    };
  };
}

/**
 * Decrypts with PKCS #1 v1.5. A ciphertext with bad padding must decrypt to other bytes, without an error. A ciphertext may be
 * refused only if it has the wrong length or is not below the modulus, because anyone can see that. Any other refusal reveals
 * something about the plaintext, so the case fails.
 */
const decryptingPkcs1: Driver = async (hsm, group, file) => {
  const decrypt = await decrypting(() => mechanism.rsaPkcs())(hsm, group, file);
  const { modulus } = group.privateKey as { readonly modulus: string };
  const limit = padded(new Uint8Array(Buffer.from(modulus, "hex")), 1);
  return async (test) => {
    const ciphered = hexIn(test, "ct");
    const inRange = ciphered.length === limit.length && Buffer.compare(ciphered, limit) < 0;
    try {
      return await decrypt(test);
    } catch (error) {
      throw inRange ? new Error("the HSM is an oracle for PKCS #1 padding", { cause: error }) : error;
    }
  };
};

const CURVES: Readonly<Record<string, readonly [ck.CurveName, number]>> = {
  secp256r1: ["P-256", 32],
  brainpoolP256r1: ["brainpoolP256r1", 32],
  curve25519: ["X25519", 32],
};

/** Derives a shared secret. The peer's public value has the form that the test file uses: a point, an SPKI or a raw key. */
const agreeing: Driver = async (hsm, group) => {
  const [curve, length] = CURVES[textIn(group, "curve")]!;
  return async (test) => {
    const value = hexIn(test, "private");
    const baseKey = await importAgreementKey(hsm, curve, curve === "X25519" ? value : padded(value, length));
    const options = { publicData: hexIn(test, "public") };
    const mech = curve === "X25519" ? mechanism.x25519(options) : mechanism.ecdh1(options);
    return equal(await agree(hsm, mech, baseKey), hexIn(test, "shared"));
  };
};

const MACS: Readonly<Record<string, readonly [mechanism: number, keyType: number, bytes: number]>> = {
  "AES-CMAC": [ck.CKM_AES_CMAC, ck.CKK_AES, 16],
  HMACSHA1: [ck.CKM_SHA_1_HMAC, ck.CKK_GENERIC_SECRET, 20],
  HMACSHA256: [ck.CKM_SHA256_HMAC, ck.CKK_GENERIC_SECRET, 32],
  "HMACSHA3-256": [ck.CKM_IBM_SHA3_256_HMAC, ck.CKK_GENERIC_SECRET, 32],
  HMACSHA512: [ck.CKM_SHA512_HMAC, ck.CKK_GENERIC_SECRET, 64],
  "HMACSHA512/256": [ck.CKM_SHA512_256_HMAC, ck.CKK_GENERIC_SECRET, 32],
};

/**
 * Verifies a full-length MAC. A truncated MAC is compared with the beginning of the full one, because the mechanism only supports
 * full MACs.
 */
const macVerifying: Driver = async ({ ep11, importer }, group, { algorithm }) => {
  const [number, keyType, bytes] = MACS[algorithm]!;
  const mech = { mechanism: number };
  return async (test) => {
    const { key } = await importer.secret(hexIn(test, "key"), keyType);
    const data = hexIn(test, "msg");
    const tag = hexIn(test, "tag");
    if (numberIn(group, "tagSize") === 8 * bytes) {
      await ep11.verifySingle({ mech, pubKey: key, data, signature: tag });
      return true;
    }
    const { signature } = await ep11.signSingle({ mech, privKey: key, data });
    return equal(signature.subarray(0, tag.length), tag);
  };
};

/** Decrypts. If the case is valid, encrypting the plaintext must also give the ciphertext of the case. */
const cbcDecrypting: Driver =
  async ({ ep11, importer }) =>
  async (test) => {
    const { key } = await importer.secret(hexIn(test, "key"), ck.CKK_AES);
    const mech = mechanism.aesCbcPad(hexIn(test, "iv"));
    const { plain } = await ep11.decryptSingle({ mech, key, ciphered: hexIn(test, "ct") });
    const { ciphered } = await ep11.encryptSingle({ mech, key, plain: hexIn(test, "msg") });
    return equal(plain, hexIn(test, "msg")) && (test.result !== "valid" || equal(ciphered, hexIn(test, "ct")));
  };

const blsVerifying: Driver = async ({ ep11 }, group) => {
  const pubKey = blsSpki(hexIn(group.publicKey as Fields, "pk"));
  return async (test) => {
    const signature = blsSignature(hexIn(test, "sig"));
    await ep11.verifySingle({ mech: mechanism.bls(), pubKey, data: message(test), signature });
    return true;
  };
};

/** The drivers by type of test group. The HSM does not have the mechanisms of other types. */
export const DRIVERS: Readonly<Record<string, Driver>> = {
  IndCpaTest: cbcDecrypting,
  MacTest: macVerifying,
  DsaP1363Verify: verifying("publicKeyDer", () => ({ mechanism: ck.CKM_DSA }), digestOfMessage),
  EcdsaP1363Verify: verifying("publicKeyDer", (group) => mechanism.ecdsaSignature(hashOf(textIn(group, "sha")))),
  BlsSigVerify: blsVerifying,
  EddsaVerify: verifying("publicKeyDer", () => mechanism.ed25519()),
  RsassaPkcs1Verify: verifying("publicKeyDer", (group) => mechanism.rsaPkcsSignature(hashOf(textIn(group, "sha")))),
  RsassaPssVerify: verifying("publicKeyDer", (group) =>
    mechanism.rsaPssSignature({ hash: hashOf(textIn(group, "sha")), saltLength: numberIn(group, "sLen") }),
  ),
  RsaesOaepDecrypt: decrypting((group, test) =>
    mechanism.rsaOaep({
      hash: hashOf(textIn(group, "sha")),
      mgf: hashOf(textIn(group, "mgfSha")),
      label: hexIn(test, "label"),
    }),
  ),
  RsaesPkcs1Decrypt: decryptingPkcs1,
  ...STANDARD_DRIVERS,
  EcdhTest: agreeing,
  EcdhEcpointTest: agreeing,
  XdhComp: agreeing,
};
