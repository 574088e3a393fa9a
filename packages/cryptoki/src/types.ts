/**
 * The values in requests and responses of {@link Ep11}, such as mechanisms, templates and key blobs. They do not depend on
 * protobuf.
 */

/**
 * The value of an attribute: a CK_BBOOL is a boolean, a CK_ULONG is a number (a safe integer), and everything else is bytes. Big
 * integers are big-endian (PKCS #11 v3.2, 4).
 */
export type AttributeValue = boolean | number | Uint8Array;

/** Attribute values by CKA_*: those that a caller asks for, or those of an object. */
export type Template = ReadonlyMap<number, AttributeValue>;

/** The structure CK_RSA_PKCS_OAEP_PARAMS. */
export interface RsaOaepParm {
  readonly type: "RSAOAEPParm";
  /** The CKM_* of the hash. */
  readonly hashMech: number;
  /** The CKG_*; 0 means MGF1 with the hash of `hashMech`. */
  readonly mgf: number;
  /** The OAEP label; undefined if there is no label and the source is therefore not CKZ_DATA_SPECIFIED. */
  readonly encodingParm?: Uint8Array;
}

/** The structure CK_RSA_PKCS_PSS_PARAMS. */
export interface RsaPssParm {
  readonly type: "RSAPSSParm";
  readonly hashMech: number;
  readonly mgf: number;
  /** The length of the salt in bytes; 0xFFFFFFFF means the length of the hash. */
  readonly saltByteCount: number;
}

/** The structure CK_ECDH1_DERIVE_PARAMS. */
export interface Ecdh1DeriveParm {
  readonly type: "ECDH1DeriveParm";
  /** The key derivation function (CKD_*). */
  readonly kdf: number;
  readonly sharedData: Uint8Array;
  /** The peer's public point as raw bytes. */
  readonly publicData: Uint8Array;
}

/** The structure CK_IBM_BTC_DERIVE_PARAMS. */
export interface BtcDeriveParm {
  readonly type: "BTCDeriveParm";
  /** The CK_IBM_BTC_* number, which is 1 to 4 for BIP32 and 5 to 8 for SLIP-10. */
  readonly deriveType: number;
  readonly childKeyIndex: number;
  readonly chainCode: Uint8Array;
  readonly version: number;
}

/** The parameter of CKM_IBM_ECDSA_OTHER. */
export interface EcsgParm {
  readonly type: "ECSGParm";
  /** The variant: 3 is ECSDSA_S256, 5 is ECSDSA_COMPR_MULTI, and 6 is BLS. */
  readonly ecsgType: number;
}

/** CK_IBM_KYBER_PARAMS, which ML-KEM uses too. */
export interface KyberKemParm {
  readonly type: "KyberKEMParm";
  readonly version: number;
  /** 1 means encapsulate, and 2 means decapsulate. */
  readonly mode: number;
  /** The key derivation function (CKD_*). */
  readonly kdf: number;
  readonly prepend: boolean;
  readonly cipherText: Uint8Array;
  readonly sharedData: Uint8Array;
  /** The blob of a generic secret that a hybrid KDF mixes in; empty if there is no such secret. */
  readonly blob: Uint8Array;
}

/** The structure CK_IBM_ECAGG_PARAMS. */
export interface EcAggParm {
  readonly type: "ECAGGParm";
  readonly version: number;
  /** 1 means that signatures are aggregated, and 2 that public keys are. */
  readonly mode: number;
  readonly perElementSize: number;
  readonly elements: Uint8Array;
}

/** A mechanism parameter. It is either bytes (the field `ParameterB`, for IVs, points and EP11's wire forms) or a structure. */
export type MechanismParameter =
  | Uint8Array
  | RsaOaepParm
  | RsaPssParm
  | Ecdh1DeriveParm
  | BtcDeriveParm
  | EcsgParm
  | KyberKemParm
  | EcAggParm;

/** CK_MECHANISM: a mechanism with its parameter. */
export interface Mechanism {
  /** The number of the mechanism (CKM_*). */
  readonly mechanism: number;
  readonly parameter?: MechanismParameter;
}

/** The structure CK_MECHANISM_INFO. */
export interface MechanismInfo {
  /** The key sizes are in bits for RSA, DSA, DH and EC, and in bytes for symmetric keys; 0 if the mechanism uses no key. */
  readonly minKeySize: number;
  readonly maxKeySize: number;
  /** The flags (CKF_*), combined in one number. */
  readonly flags: number;
}

/**
 * A sealed key as GREP11 returns it. `keyBlobs[0]` is the key: for a public key, a SubjectPublicKeyInfo followed by a MAC; for
 * any other key, a blob sealed under the HSM's master key. The other fields describe the key, and no decision depends on them.
 */
export interface KeyBlob {
  readonly keyBlobId: Uint8Array;
  readonly version: number;
  readonly txId: Uint8Array;
  /** The readable attributes of the key. */
  readonly attributes: Template;
  readonly keyBlobs: readonly Uint8Array[];
}

/** A key as an argument: the whole KeyBlob, or only its sealed bytes. An empty array means no key. */
export type KeyArgument = KeyBlob | Uint8Array;

/** Returns the sealed bytes of a key argument; empty if there is no key. */
export function sealedBytes(key: KeyArgument | undefined): Uint8Array {
  if (key === undefined) return new Uint8Array(0);
  return key instanceof Uint8Array ? key : (key.keyBlobs[0] ?? new Uint8Array(0));
}
