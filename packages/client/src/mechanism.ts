/**
 * Mechanisms by what they do. Every function answers a `Mechanism`; anything not here is `{ mechanism: CKM_X, parameter }`.
 * Sources: PKCS #11 v3.1 section 6, ep11.h for the IBM mechanisms.
 */
import * as ck from "@grep11/cryptoki";
import { wireForm } from "./wire-form.ts";

export * from "./symmetric-mechanism.ts";

/** Numbers that belong to one hash. */
interface HashNumbers {
  readonly digest: number;
  readonly hmac: number;
  readonly hmacGeneral: number;
  readonly rsaPkcs: number;
  readonly rsaPss: number;
  readonly ecdsa: number;
  readonly mgf: number;
  readonly kdf: number;
  readonly keyDerivation: number;
  /** Length of the hash in bytes. */
  readonly length: number;
}

const HASHES = {
  sha1: {
    digest: ck.CKM_SHA_1,
    hmac: ck.CKM_SHA_1_HMAC,
    hmacGeneral: ck.CKM_SHA_1_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA1_RSA_PKCS,
    rsaPss: ck.CKM_SHA1_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA1,
    mgf: ck.CKG_MGF1_SHA1,
    kdf: ck.CKD_SHA1_KDF,
    keyDerivation: ck.CKM_SHA1_KEY_DERIVATION,
    length: 20,
  },
  sha224: {
    digest: ck.CKM_SHA224,
    hmac: ck.CKM_SHA224_HMAC,
    hmacGeneral: ck.CKM_SHA224_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA224_RSA_PKCS,
    rsaPss: ck.CKM_SHA224_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA224,
    mgf: ck.CKG_MGF1_SHA224,
    kdf: ck.CKD_SHA224_KDF,
    keyDerivation: ck.CKM_SHA224_KEY_DERIVATION,
    length: 28,
  },
  sha256: {
    digest: ck.CKM_SHA256,
    hmac: ck.CKM_SHA256_HMAC,
    hmacGeneral: ck.CKM_SHA256_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA256_RSA_PKCS,
    rsaPss: ck.CKM_SHA256_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA256,
    mgf: ck.CKG_MGF1_SHA256,
    kdf: ck.CKD_SHA256_KDF,
    keyDerivation: ck.CKM_SHA256_KEY_DERIVATION,
    length: 32,
  },
  sha384: {
    digest: ck.CKM_SHA384,
    hmac: ck.CKM_SHA384_HMAC,
    hmacGeneral: ck.CKM_SHA384_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA384_RSA_PKCS,
    rsaPss: ck.CKM_SHA384_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA384,
    mgf: ck.CKG_MGF1_SHA384,
    kdf: ck.CKD_SHA384_KDF,
    keyDerivation: ck.CKM_SHA384_KEY_DERIVATION,
    length: 48,
  },
  sha512: {
    digest: ck.CKM_SHA512,
    hmac: ck.CKM_SHA512_HMAC,
    hmacGeneral: ck.CKM_SHA512_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA512_RSA_PKCS,
    rsaPss: ck.CKM_SHA512_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA512,
    mgf: ck.CKG_MGF1_SHA512,
    kdf: ck.CKD_SHA512_KDF,
    keyDerivation: ck.CKM_SHA512_KEY_DERIVATION,
    length: 64,
  },
} as const satisfies Record<string, HashNumbers>;

/** A hash every mechanism family has a row for. */
export type HashName = keyof typeof HASHES;

/** The hashes of {@link HashName}, weakest first. */
export const hashNames: readonly HashName[] = Object.keys(HASHES) as HashName[];

/** CKM_SHA256 and its kin: digest. */
export function digest(hash: HashName): ck.Mechanism {
  return { mechanism: HASHES[hash].digest };
}

/** CKM_SHA256_HMAC and its kin: sign and verify with a secret key. */
export function hmac(hash: HashName): ck.Mechanism {
  return { mechanism: HASHES[hash].hmac };
}

/** CKM_SHA256_HMAC_GENERAL and its kin: the leading `length` bytes of the code, at least 4. */
export function hmacGeneral(hash: HashName, length: number): ck.Mechanism {
  return { mechanism: HASHES[hash].hmacGeneral, parameter: wireForm([length]) };
}

/** CKM_IBM_CMAC: sign and verify with an AES or DES3 key. */
export function cmac(): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_CMAC };
}

/** CKM_AES_ECB: whole blocks, no parameter. */
export function aesEcb(): ck.Mechanism {
  return { mechanism: ck.CKM_AES_ECB };
}

/** CKM_AES_CBC: whole blocks; `iv` has 16 bytes. */
export function aesCbc(iv: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_AES_CBC, parameter: iv };
}

/** CKM_AES_CBC_PAD: any length, PKCS #7 padding; `iv` has 16 bytes and must be unpredictable. */
export function aesCbcPad(iv: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_AES_CBC_PAD, parameter: iv };
}

/** CKM_DES3_CBC_PAD: any length, PKCS #7 padding; `iv` has 8 bytes. */
export function des3CbcPad(iv: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_DES3_CBC_PAD, parameter: iv };
}

/** CKM_RSA_PKCS: PKCS #1 v1.5 encryption, wrapping, or a signature over data the caller has encoded. */
export function rsaPkcs(): ck.Mechanism {
  return { mechanism: ck.CKM_RSA_PKCS };
}

/** CKM_SHA256_RSA_PKCS and its kin: hash, encode and sign. */
export function rsaPkcsSignature(hash: HashName): ck.Mechanism {
  return { mechanism: HASHES[hash].rsaPkcs };
}

/** CKM_RSA_PKCS_OAEP: encryption and wrapping. MGF1 takes the same hash unless `mgf` names another. */
export function rsaOaep(options: { hash: HashName; mgf?: HashName; label?: Uint8Array }): ck.Mechanism {
  const { hash, mgf = hash, label } = options;
  return {
    mechanism: ck.CKM_RSA_PKCS_OAEP,
    parameter: {
      type: "RSAOAEPParm",
      hashMech: HASHES[hash].digest,
      mgf: HASHES[mgf].mgf,
      ...(label === undefined ? {} : { encodingParm: label }),
    },
  };
}

/** CKM_SHA256_RSA_PKCS_PSS and its kin over a message; the salt is as long as the hash unless `saltLength` (bytes) says otherwise. */
export function rsaPssSignature(options: { hash: HashName; saltLength?: number }): ck.Mechanism {
  return { mechanism: HASHES[options.hash].rsaPss, parameter: pssParameter(options) };
}

/** CKM_RSA_PKCS_PSS over a hash the caller has computed. */
export function rsaPss(options: { hash: HashName; saltLength?: number }): ck.Mechanism {
  return { mechanism: ck.CKM_RSA_PKCS_PSS, parameter: pssParameter(options) };
}

function pssParameter(options: { hash: HashName; saltLength?: number }): ck.RsaPssParm {
  const { digest, mgf, length } = HASHES[options.hash];
  return { type: "RSAPSSParm", hashMech: digest, mgf, saltByteCount: options.saltLength ?? length };
}

/** CKM_ECDSA over a hash the caller has computed; signatures are r ‖ s. */
export function ecdsa(): ck.Mechanism {
  return { mechanism: ck.CKM_ECDSA };
}

/** CKM_ECDSA_SHA256 and its kin over a message; signatures are r ‖ s. */
export function ecdsaSignature(hash: HashName): ck.Mechanism {
  return { mechanism: HASHES[hash].ecdsa };
}

/** CKM_IBM_ED25519_SHA512: pure Ed25519 (RFC 8032), in one call. */
export function ed25519(): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_ED25519_SHA512 };
}

/** CKM_IBM_ED448_SHA3: pure Ed448 (RFC 8032), in one call. */
export function ed448(): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_ED448_SHA3 };
}

/** What {@link ecdh1}, {@link x25519} and {@link x448} take. */
export interface EcdhOptions {
  /** The peer's public point, raw: 04 ‖ X ‖ Y, or the 32 or 56 bytes of X25519 and X448. */
  readonly publicData: Uint8Array;
  /** X9.63 key derivation with this hash; none by default (CKD_NULL). */
  readonly kdf?: HashName;
  /** Shared info of the key derivation. */
  readonly sharedData?: Uint8Array;
}

/** CKM_ECDH1_DERIVE: key agreement on a Weierstrass curve. */
export function ecdh1(options: EcdhOptions): ck.Mechanism {
  return { mechanism: ck.CKM_ECDH1_DERIVE, parameter: ecdhParameter(options) };
}

/** CKM_IBM_EC_X25519. */
export function x25519(options: EcdhOptions): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_EC_X25519, parameter: ecdhParameter(options) };
}

/** CKM_IBM_EC_X448. */
export function x448(options: EcdhOptions): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_EC_X448, parameter: ecdhParameter(options) };
}

function ecdhParameter({ publicData, kdf, sharedData }: EcdhOptions): ck.Ecdh1DeriveParm {
  return {
    type: "ECDH1DeriveParm",
    kdf: kdf === undefined ? ck.CKD_NULL : HASHES[kdf].kdf,
    sharedData: sharedData ?? new Uint8Array(0),
    publicData,
  };
}

/** CKM_DH_PKCS_DERIVE; `publicValue` is the peer's public integer, big-endian. */
export function dhDerive(publicValue: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_DH_PKCS_DERIVE, parameter: publicValue };
}

/** CKM_SHA256_KEY_DERIVATION and its kin: the new key is the hash of the base key. */
export function keyDerivation(hash: HashName): ck.Mechanism {
  return { mechanism: HASHES[hash].keyDerivation };
}
