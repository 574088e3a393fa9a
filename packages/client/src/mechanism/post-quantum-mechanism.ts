/** Builders of post-quantum mechanisms. Sources: FIPS 203 to 205, PKCS #11 v3.2, 6.67 to 6.69, ep11.h. */
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import type { HashName } from "./hashes.ts";

const NOTHING = new Uint8Array(0);

/** CKM_IBM_DILITHIUM: signs a message in one call. */
export function dilithium(): ck.Mechanism {
  return { mechanism: ck.CKM_IBM_DILITHIUM };
}

/** What ML-DSA and SLH-DSA signatures take. */
export interface ContextOptions {
  /** What the signature is bound to, at most 255 bytes; empty by default. Signer and verifier name the same. */
  readonly context?: Uint8Array;
  /** Without randomness: the same message gives the same signature. */
  readonly deterministic?: boolean;
}

/** hedge ‖ length of context ‖ further numbers ‖ context. */
function contextForm(hedge: number, context: Uint8Array, ...numbers: number[]): Uint8Array {
  return wireForm([hedge, context.length, ...numbers], context);
}

function standardHedge({ deterministic = false }: ContextOptions): number {
  return deterministic ? ck.CKH_DETERMINISTIC_REQUIRED : ck.CKH_HEDGE_PREFERRED;
}

/** CKM_IBM_ML_DSA: signs a message in one call. */
export function mlDsa(options: ContextOptions = {}): ck.Mechanism {
  const { context = NOTHING, deterministic = false } = options;
  const hedge = deterministic ? ck.CKH_IBM_DETERMINISTIC_REQUIRED : ck.CKH_IBM_HEDGE_PREFERRED;
  return { mechanism: ck.CKM_IBM_ML_DSA, parameter: contextForm(hedge, context) };
}

/** CKM_HASH_ML_DSA_SHA256 and its kin: hashes a message of any size and signs the hash. */
export function hashMlDsa({ hash, ...options }: ContextOptions & { hash: Exclude<HashName, "sha1"> }): ck.Mechanism {
  const parameter = contextForm(standardHedge(options), options.context ?? NOTHING);
  return { mechanism: ck.HASHES[hash].hashMlDsa, parameter };
}

/** CKM_HASH_ML_DSA over a hash the caller has computed. */
export function hashMlDsaOfDigest({ hash, ...options }: ContextOptions & { hash: HashName }): ck.Mechanism {
  const parameter = contextForm(standardHedge(options), options.context ?? NOTHING, ck.HASHES[hash].digest);
  return { mechanism: ck.CKM_HASH_ML_DSA, parameter };
}

/** CKM_SLH_DSA: signs a message in one call, always with randomness. */
export function slhDsa({ context = NOTHING }: { context?: Uint8Array } = {}): ck.Mechanism {
  return { mechanism: ck.CKM_SLH_DSA, parameter: contextForm(ck.CKH_HEDGE_PREFERRED, context) };
}

const KEMS = { kyber: ck.CKM_IBM_KYBER, "ml-kem": ck.CKM_IBM_ML_KEM } as const;
const HYBRID_KDFS = {
  none: ck.CKD_IBM_HYBRID_NULL,
  sha1: ck.CKD_IBM_HYBRID_SHA1_KDF,
  sha224: ck.CKD_IBM_HYBRID_SHA224_KDF,
  sha256: ck.CKD_IBM_HYBRID_SHA256_KDF,
  sha384: ck.CKD_IBM_HYBRID_SHA384_KDF,
  sha512: ck.CKD_IBM_HYBRID_SHA512_KDF,
} as const;

/** A second secret that goes into the key beside the KEM's: safe as long as either is. */
export interface HybridOptions {
  /** A generic secret with CKA_IBM_USE_AS_DATA, such as one from key agreement with CKD_IBM_HYBRID_NULL. */
  readonly secret: ck.KeyArgument;
  /** X9.63 with this hash over both secrets; `none`: their bytes, as they are. */
  readonly kdf: keyof typeof HYBRID_KDFS;
  /** The KEM's secret comes first, not second. */
  readonly prepend?: boolean;
  /** Shared info of the key derivation. */
  readonly sharedData?: Uint8Array;
}

/** What {@link encapsulate} takes. */
export interface EncapsulateOptions {
  readonly kem: keyof typeof KEMS;
  readonly hybrid?: HybridOptions;
}

/**
 * CKM_IBM_KYBER or CKM_IBM_ML_KEM for DeriveKey with a public key: the new key, and behind the check value of the answer
 * the cipher text that {@link kemCipherText} takes from there.
 */
export function encapsulate(options: EncapsulateOptions): ck.Mechanism {
  return kemMechanism(options, ck.CK_IBM_ML_KEM_ENCAPSULATE, NOTHING);
}

/** The same for DeriveKey with the private key: the key that the maker of `cipherText` got. */
export function decapsulate({ cipherText, ...options }: EncapsulateOptions & { cipherText: Uint8Array }): ck.Mechanism {
  return kemMechanism(options, ck.CK_IBM_ML_KEM_DECAPSULATE, cipherText);
}

function kemMechanism({ kem, hybrid }: EncapsulateOptions, mode: number, cipherText: Uint8Array): ck.Mechanism {
  return {
    mechanism: KEMS[kem],
    parameter: {
      type: "KyberKEMParm",
      version: ck.CK_IBM_ML_KEM_VERSION,
      mode,
      kdf: hybrid === undefined ? ck.CKD_NULL : HYBRID_KDFS[hybrid.kdf],
      prepend: hybrid?.prepend ?? false,
      cipherText,
      sharedData: hybrid?.sharedData ?? NOTHING,
      blob: ck.sealedBytes(hybrid?.secret),
    },
  };
}

/** A check value and the number of its bits. */
const CHECK_VALUE_BYTES = 7;

/** The cipher text in the check sum of an encapsulation. */
export function kemCipherText(checkSum: Uint8Array): Uint8Array {
  return checkSum.subarray(CHECK_VALUE_BYTES);
}

/** The check value in the check sum of a KEM's DeriveKey, with or without a cipher text behind it. */
export function kemCheckValue(checkSum: Uint8Array): Uint8Array {
  return checkSum.subarray(0, CHECK_VALUE_BYTES);
}
