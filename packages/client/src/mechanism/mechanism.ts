/**
 * Mechanisms by what they do. Every function answers a `Mechanism`; anything not here is `{ mechanism: CKM_X, parameter }`.
 * Sources: PKCS #11 v3.2, 6, ep11.h for the IBM mechanisms.
 */
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import type { HashName } from "./hashes.ts";

export * from "./derivation-mechanism.ts";
export * from "./digital-asset-mechanism.ts";
export { type HashName, hashNames } from "./hashes.ts";
export * from "./post-quantum-mechanism.ts";
export * from "./symmetric-mechanism.ts";

/** CKM_SHA256 and its kin: digest. */
export function digest(hash: HashName): ck.Mechanism {
  return { mechanism: ck.HASHES[hash].digest };
}

/** CKM_SHA256_HMAC and its kin: sign and verify with a secret key. */
export function hmac(hash: HashName): ck.Mechanism {
  return { mechanism: ck.HASHES[hash].hmac };
}

/** CKM_SHA256_HMAC_GENERAL and its kin: the leading `length` bytes of the code, at least 4. */
export function hmacGeneral(hash: HashName, length: number): ck.Mechanism {
  return { mechanism: ck.HASHES[hash].hmacGeneral, parameter: wireForm([length]) };
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
  return { mechanism: ck.HASHES[hash].rsaPkcs };
}

/** What {@link rsaOaep} and {@link rsaAesKeyWrap} take. */
export interface OaepOptions {
  readonly hash: HashName;
  /** Hash of MGF1; `hash` by default. */
  readonly mgf?: HashName;
  readonly label?: Uint8Array;
}

/** CKM_RSA_PKCS_OAEP: encryption and wrapping. */
export function rsaOaep({ hash, mgf = hash, label }: OaepOptions): ck.Mechanism {
  return {
    mechanism: ck.CKM_RSA_PKCS_OAEP,
    parameter: {
      type: "RSAOAEPParm",
      hashMech: ck.HASHES[hash].digest,
      mgf: ck.HASHES[mgf].mgf,
      ...(label === undefined ? {} : { encodingParm: label }),
    },
  };
}

/** CKM_RSA_AES_KEY_WRAP: wraps keys of any length under a fresh AES key of `aesBits`, 256 by default, and that under RSA. */
export function rsaAesKeyWrap(options: OaepOptions & { aesBits?: 128 | 192 | 256 }): ck.Mechanism {
  const { hash, mgf = hash, label, aesBits = 256 } = options;
  const numbers = [
    aesBits,
    ck.HASHES[hash].digest,
    ck.HASHES[mgf].mgf,
    label === undefined ? 0 : ck.CKZ_DATA_SPECIFIED,
  ];
  return { mechanism: ck.CKM_RSA_AES_KEY_WRAP, parameter: wireForm(numbers, label ?? new Uint8Array(0)) };
}

/** CKM_SHA256_RSA_PKCS_PSS and its kin over a message; the salt is as long as the hash unless `saltLength` (bytes) says otherwise. */
export function rsaPssSignature(options: { hash: HashName; saltLength?: number }): ck.Mechanism {
  return { mechanism: ck.HASHES[options.hash].rsaPss, parameter: pssParameter(options) };
}

/** CKM_RSA_PKCS_PSS over a hash the caller has computed. */
export function rsaPss(options: { hash: HashName; saltLength?: number }): ck.Mechanism {
  return { mechanism: ck.CKM_RSA_PKCS_PSS, parameter: pssParameter(options) };
}

function pssParameter(options: { hash: HashName; saltLength?: number }): ck.RsaPssParm {
  const { digest, mgf, bytes } = ck.HASHES[options.hash];
  return { type: "RSAPSSParm", hashMech: digest, mgf, saltByteCount: options.saltLength ?? bytes };
}

/** CKM_ECDSA over a hash the caller has computed; signatures are r ‖ s. */
export function ecdsa(): ck.Mechanism {
  return { mechanism: ck.CKM_ECDSA };
}

/** CKM_ECDSA_SHA256 and its kin over a message; signatures are r ‖ s. */
export function ecdsaSignature(hash: HashName): ck.Mechanism {
  return { mechanism: ck.HASHES[hash].ecdsa };
}

/** CKM_IBM_ED25519_SHA512: pure Ed25519 (RFC 8032), in one call. */
export function ed25519(): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_ED25519_SHA512 };
}

/** CKM_IBM_ED448_SHA3: pure Ed448 (RFC 8032), in one call. */
export function ed448(): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_ED448_SHA3 };
}

/** CKM_EDDSA (RFC 8032): the plain signature, or one bound to a context of at most 255 bytes, or of a hashed message. */
export function eddsa(options: { context?: Uint8Array; prehash?: boolean } = {}): ck.Mechanism {
  const { context = new Uint8Array(0), prehash = false } = options;
  if (!prehash && options.context === undefined) return { mechanism: ck.CKM_EDDSA };
  return { mechanism: ck.CKM_EDDSA, parameter: wireForm([prehash ? 1 : 0, context.length], context) };
}

/** What {@link ecdh1}, {@link x25519} and {@link x448} take. */
export interface EcdhOptions {
  /** The peer's public point, raw: 04 ‖ X ‖ Y, or the 32 or 56 bytes of X25519 and X448. */
  readonly publicData: Uint8Array;
  /**
   * X9.63 key derivation with this hash; none by default (CKD_NULL). `hybrid`: all of the secret, to be mixed in by a KEM
   * (CKD_IBM_HYBRID_NULL).
   */
  readonly kdf?: HashName | "hybrid";
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
    kdf: kdf === undefined ? ck.CKD_NULL : kdf === "hybrid" ? ck.CKD_IBM_HYBRID_NULL : ck.HASHES[kdf].kdf,
    sharedData: sharedData ?? new Uint8Array(0),
    publicData,
  };
}

/**
 * CKM_ECDH_AES_KEY_WRAP: wraps keys of any length under an AES key of `aesBits`, 256 by default, that a fresh key pair agrees
 * on with the KEK by X9.63 with `kdf`. For X25519 and X448 KEKs `curve` is "montgomery" (CKM_ECDH_X_AES_KEY_WRAP).
 */
export function ecdhAesKeyWrap(options: {
  kdf: HashName;
  sharedData?: Uint8Array;
  aesBits?: 128 | 192 | 256;
  curve?: "weierstrass" | "montgomery";
}): ck.Mechanism {
  const { kdf, sharedData = new Uint8Array(0), aesBits = 256, curve = "weierstrass" } = options;
  return {
    mechanism: curve === "montgomery" ? ck.CKM_ECDH_X_AES_KEY_WRAP : ck.CKM_ECDH_AES_KEY_WRAP,
    parameter: wireForm([aesBits, ck.HASHES[kdf].kdf, sharedData.length], sharedData),
  };
}

/** CKM_DH_PKCS_DERIVE; `publicValue` is the peer's public integer, big-endian. */
export function dhDerive(publicValue: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_DH_PKCS_DERIVE, parameter: publicValue };
}

/** CKM_SHA256_KEY_DERIVATION and its kin: the new key is the hash of the base key. */
export function keyDerivation(hash: HashName): ck.Mechanism {
  return { mechanism: ck.HASHES[hash].keyDerivation };
}
