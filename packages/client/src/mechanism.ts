/**
 * Builders for common mechanisms, named after what they do. `createMechanism` of `@grep11/mechanisms`, which they call, takes
 * any CKM_* and defines the parameters; a value outside their limits throws CKR_MECHANISM_PARAM_INVALID. Each comment lists
 * what the builder takes, with optional members in brackets.
 */
import * as ck from "@grep11/cryptoki";
import { createMechanism, type DefinedMechanism, type MechanismInput, type WrittenBy } from "@grep11/mechanisms";

type Kind = Exclude<keyof ck.HashNumbers, "oid" | "aliases">;
/** The hashes that have a mechanism or number of kind `K`. */
type HashWith<K extends Kind> = {
  [H in ck.HashName]: K extends keyof (typeof ck.HASHES)[H] ? H : never;
}[ck.HashName];

/** A hash for which every family has a mechanism. */
export type HashName = HashWith<"rsaPss">;

function builderOf<const M extends DefinedMechanism>(mechanism: M) {
  return (...input: MechanismInput<M>): ck.Mechanism => createMechanism(mechanism, ...input);
}

/** For mechanisms that take no parameter. */
function hashBuilderOf<K extends Kind>(kind: K) {
  return (hash: HashWith<K>): ck.Mechanism => ({ mechanism: (ck.HASHES[hash] as ck.HashNumbers)[kind]! });
}

/** CKM_SHA256 and the like: digest. */
export const digest = hashBuilderOf("digest");
/** CKM_SHA256_HMAC and the like: sign and verify with a secret key. */
export const hmac = hashBuilderOf("hmac");
/** CKM_SHA256_HMAC_GENERAL and the like: the leading `length` bytes of the MAC, at least 4. */
export const hmacGeneral = (hash: ck.HashName, length: number): ck.Mechanism =>
  createMechanism(ck.HASHES[hash].hmacGeneral, length);
/** CKM_IBM_CMAC: sign and verify with an AES or DES3 key. */
export const cmac = builderOf(ck.CKM_IBM_CMAC);
/** CKM_AES_CMAC_GENERAL: the leading bytes of the MAC, 4 to 16. */
export const aesCmacGeneral = builderOf(ck.CKM_AES_CMAC_GENERAL);
/** CKM_AES_GMAC: sign and verify; the IV has 12 bytes and must never be reused with the same key. */
export const aesGmac = builderOf(ck.CKM_AES_GMAC);

/** CKM_AES_ECB: whole blocks. */
export const aesEcb = builderOf(ck.CKM_AES_ECB);
/** CKM_AES_CBC: whole blocks; the IV has 16 bytes. */
export const aesCbc = builderOf(ck.CKM_AES_CBC);
/** CKM_AES_CBC_PAD: any length, PKCS #7 padding; the IV has 16 bytes and must be unpredictable. */
export const aesCbcPad = builderOf(ck.CKM_AES_CBC_PAD);
/** CKM_DES3_CBC_PAD: any length, PKCS #7 padding; the IV has 8 bytes. */
export const des3CbcPad = builderOf(ck.CKM_DES3_CBC_PAD);
/**
 * CKM_AES_CTR `{ block, [counterBits: 128] }`: the last bits of the 16-byte block are the counter. A block must never be reused
 * with the same key.
 */
export const aesCtr = builderOf(ck.CKM_AES_CTR);
/**
 * CKM_AES_GCM `{ iv, [aad], [tagLength: 16] }`: a tag of 12 to 16 bytes follows the ciphertext; the IV must never be reused
 * with the same key.
 */
export const aesGcm = builderOf(ck.CKM_AES_GCM);
/** CKM_AES_CCM `{ dataLength, nonce, [aad], [macLength: 16] }`: the MAC follows the ciphertext; single-part only. */
export const aesCcm = builderOf(ck.CKM_AES_CCM);
/** CKM_AES_XTS with a 16-byte tweak, such as a sector number; single-part only. */
export const aesXts = builderOf(ck.CKM_AES_XTS);
/** CKM_CHACHA20 `{ nonce, [counter: 0] }` as in RFC 8439; `counter` is the number of the first block. */
export const chacha20 = builderOf(ck.CKM_CHACHA20);
/**
 * CKM_CHACHA20_POLY1305 `{ nonce, [aad] }`: the tag follows the ciphertext; the 12-byte nonce must never be reused with the
 * same key.
 */
export const chacha20Poly1305 = builderOf(ck.CKM_CHACHA20_POLY1305);

/** CKM_AES_KEY_WRAP (RFC 3394), which zero-pads keys to a multiple of 8 bytes: unwrapping a secret key needs CKA_VALUE_LEN. */
export const aesKeyWrap = builderOf(ck.CKM_AES_KEY_WRAP);
/** CKM_AES_KEY_WRAP_KWP (RFC 5649): keys of any length. */
export const aesKeyWrapPadded = builderOf(ck.CKM_AES_KEY_WRAP_KWP);
/** CKM_RSA_AES_KEY_WRAP `{ hash, [mgf], [label], [aesBits: 256] }`: wraps with a new AES key, which is encrypted with RSA. */
export const rsaAesKeyWrap = builderOf(ck.CKM_RSA_AES_KEY_WRAP);
/**
 * CKM_ECDH_AES_KEY_WRAP `{ kdf, [sharedData], [aesBits: 256] }`: wraps with an AES key agreed on between the KEK and a new key
 * pair.
 */
export const ecdhAesKeyWrap = builderOf(ck.CKM_ECDH_AES_KEY_WRAP);

/** CKM_RSA_PKCS: PKCS #1 v1.5 encryption, wrapping, or a signature over data the caller has encoded. */
export const rsaPkcs = builderOf(ck.CKM_RSA_PKCS);
/** CKM_SHA256_RSA_PKCS and the like: hash, encode and sign. */
export const rsaPkcsSignature = hashBuilderOf("rsaPkcs");
/** CKM_RSA_PKCS_OAEP `{ hash, [mgf: hash], [label] }`: encryption and wrapping. */
export const rsaOaep = builderOf(ck.CKM_RSA_PKCS_OAEP);
/** CKM_RSA_PKCS_PSS `{ hash, [mgf: hash], [saltLength] }` over a hash the caller has computed; the salt is as long as the hash. */
export const rsaPss = builderOf(ck.CKM_RSA_PKCS_PSS);
/** CKM_SHA256_RSA_PKCS_PSS and the like over a message. */
export const rsaPssSignature = ({ hash, ...options }: { hash: HashName; saltLength?: number }): ck.Mechanism =>
  createMechanism(ck.HASHES[hash].rsaPss, options);

/** CKM_ECDSA over a hash the caller has computed; signatures are r ‖ s. */
export const ecdsa = builderOf(ck.CKM_ECDSA);
/** CKM_ECDSA_SHA256 and the like over a message; signatures are r ‖ s. */
export const ecdsaSignature = hashBuilderOf("ecdsa");
/** CKM_IBM_ED25519_SHA512: pure Ed25519 (RFC 8032), single-part only. */
export const ed25519 = builderOf(ck.CKM_IBM_ED25519_SHA512);
/** CKM_IBM_ED448_SHA3: pure Ed448 (RFC 8032), single-part only. */
export const ed448 = builderOf(ck.CKM_IBM_ED448_SHA3);
/** CKM_EDDSA `{ [context], [prehash] }` (RFC 8032): pure, with a context of at most 255 bytes, or prehashed. */
export const eddsa = builderOf(ck.CKM_EDDSA);
/**
 * CKM_IBM_ECDSA_OTHER with EC-SDSA (ISO/IEC 14888-3), a Schnorr signature with SHA-256 on a 256-bit curve; single-part only.
 */
export const ecSdsa = () => createMechanism(ck.CKM_IBM_ECDSA_OTHER, { type: "ecsdsa" });
/** CKM_IBM_ECDSA_OTHER with Zilliqa's Schnorr signature on a 256-bit curve; single-part only. */
export const zilliqaSchnorr = () => createMechanism(ck.CKM_IBM_ECDSA_OTHER, { type: "zilliqa" });
/**
 * CKM_IBM_ECDSA_OTHER with BLS signatures on BLS12-381; single-part only. Verifies against several public keys, concatenated.
 */
export const bls = () => createMechanism(ck.CKM_IBM_ECDSA_OTHER, { type: "bls" });
/**
 * CKM_GREP11_SCHNORR_BIP340 on secp256k1, a mechanism number of this project that IBM's cards do not have; single-part only.
 */
export const schnorrBip340 = builderOf(ck.CKM_GREP11_SCHNORR_BIP340);
/** CKM_IBM_EC_AGGREGATE for SignSingle, without key and data: the sum of 1 to 12 BLS signatures. */
export const aggregateSignatures = (elements: readonly Uint8Array[]) =>
  createMechanism(ck.CKM_IBM_EC_AGGREGATE, { of: "signatures", elements });
/**
 * CKM_IBM_EC_AGGREGATE for DeriveKey, without base key: the sum of 1 to 12 BLS public keys. It is safe only if all owners have
 * proved possession of their private keys.
 */
export const aggregatePublicKeys = (elements: readonly ck.KeyArgument[]) =>
  createMechanism(ck.CKM_IBM_EC_AGGREGATE, { of: "public-keys", elements });

/** CKM_IBM_DILITHIUM: signs a message, single-part only. */
export const dilithium = builderOf(ck.CKM_IBM_DILITHIUM);
/** CKM_IBM_ML_DSA `{ [context], [deterministic] }`: signs a message, single-part only; the context has at most 255 bytes. */
export const mlDsa = builderOf(ck.CKM_IBM_ML_DSA);
/** CKM_HASH_ML_DSA_SHA256 and the like: hashes a message of any size and signs the hash. */
export const hashMlDsa = ({
  hash,
  ...options
}: WrittenBy<typeof ck.CKM_HASH_ML_DSA_SHA256> & { hash: HashWith<"hashMlDsa"> }): ck.Mechanism =>
  createMechanism(ck.HASHES[hash].hashMlDsa, options);
/** CKM_HASH_ML_DSA `{ hash, [context], [deterministic] }` over a hash the caller has computed. */
export const hashMlDsaOfDigest = builderOf(ck.CKM_HASH_ML_DSA);
/** CKM_SLH_DSA `{ [context] }`: signs a message, single-part only, always with randomness. */
export const slhDsa = builderOf(ck.CKM_SLH_DSA);

/**
 * CKM_ECDH1_DERIVE `{ publicData, [kdf: "null"], [sharedData] }` on a Weierstrass curve. `publicData` is the peer's raw point, `kdf`
 * a hash (X9.63), a hash with `-sp800` (SP 800-56A), or `hybrid`: all of the secret, to be mixed in by a KEM.
 */
export const ecdh1 = builderOf(ck.CKM_ECDH1_DERIVE);
/** CKM_IBM_EC_X25519; takes what {@link ecdh1} takes. */
export const x25519 = builderOf(ck.CKM_IBM_EC_X25519);
/** CKM_IBM_EC_X448; takes what {@link ecdh1} takes. */
export const x448 = builderOf(ck.CKM_IBM_EC_X448);
/** CKM_DH_PKCS_DERIVE with the peer's public integer, big-endian. */
export const dhDerive = builderOf(ck.CKM_DH_PKCS_DERIVE);

const KEMS = { kyber: ck.CKM_IBM_KYBER, "ml-kem": ck.CKM_IBM_ML_KEM } as const;

/**
 * A KEM, and the options that combine it with a second secret. The hybrid is secure as long as either secret is: `secret` is a
 * generic secret with CKA_IBM_USE_AS_DATA, such as one from key agreement with the KDF `hybrid`; `kdf` is a hash (X9.63 over
 * both secrets) or `concatenate`; with `prepend` the KEM's secret comes first.
 */
export type KemOptions = Omit<WrittenBy<typeof ck.CKM_IBM_ML_KEM>, "mode" | "ciphertext"> & {
  readonly kem: keyof typeof KEMS;
};

/** For DeriveKey with a public key: the new key, and a checkSum from which {@link kemCiphertext} takes the ciphertext. */
export const encapsulate = ({ kem, ...options }: KemOptions) =>
  createMechanism(KEMS[kem], { ...options, mode: "encapsulate" });
/** For DeriveKey with the private key: the key that the encapsulating party derived. */
export const decapsulate = ({ kem, ...options }: KemOptions & { readonly ciphertext: Uint8Array }) =>
  createMechanism(KEMS[kem], { ...options, mode: "decapsulate" });

/** Length of a CheckSum: the check value, followed by the bit length of the key. */
const CHECK_VALUE_BYTES = 7;
/** The ciphertext in the checkSum of an encapsulation. */
export const kemCiphertext = (checkSum: Uint8Array): Uint8Array => checkSum.subarray(CHECK_VALUE_BYTES);
/** The check value in the checkSum of a KEM's DeriveKey. */
export const kemCheckValue = (checkSum: Uint8Array): Uint8Array => checkSum.subarray(0, CHECK_VALUE_BYTES);

/** CKM_SHA256_KEY_DERIVATION and the like: the new key is the hash of the base key. */
export const keyDerivation = hashBuilderOf("keyDerivation");
/** CKM_HKDF_DERIVE `{ hash, [steps: "both"], [salt] or [saltKey], [info] }`; a saltKey needs CKA_IBM_USE_AS_DATA. */
export const hkdf = builderOf(ck.CKM_HKDF_DERIVE);
/** CKM_SP800_108_COUNTER_KDF `{ prf, label, context }` in the form of SP 800-108r1, 4.1, with counter and length of 32 bits. */
export const sp800Counter = builderOf(ck.CKM_SP800_108_COUNTER_KDF);
/** CKM_SP800_108_FEEDBACK_KDF `{ prf, label, context, [iv] }` in the form of 4.2. */
export const sp800Feedback = builderOf(ck.CKM_SP800_108_FEEDBACK_KDF);
/** CKM_SP800_108_DOUBLE_PIPELINE_KDF `{ prf, label, context }` in the form of 4.3. */
export const sp800DoublePipeline = builderOf(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF);
/** CKM_AES_ECB_ENCRYPT_DATA: the new key is the given data, whole blocks, encrypted. */
export const aesEcbEncryptData = builderOf(ck.CKM_AES_ECB_ENCRYPT_DATA);
/** CKM_AES_CBC_ENCRYPT_DATA `{ iv, data }`: the new key is `data`, whole blocks, encrypted. */
export const aesCbcEncryptData = builderOf(ck.CKM_AES_CBC_ENCRYPT_DATA);
/** CKM_DES3_CBC_ENCRYPT_DATA `{ iv, data }`. */
export const des3CbcEncryptData = builderOf(ck.CKM_DES3_CBC_ENCRYPT_DATA);
/** CKM_PKCS5_PBKD2 `{ hash, iterations, salt, password }` for GenerateKey. The password is part of the parameter. */
export const pbkdf2 = builderOf(ck.CKM_PKCS5_PBKD2);
/**
 * CKM_PBE_SHA1_DES3_EDE_CBC `{ iterations, salt, password }` for GenerateKey: the DES3 key that PKCS #12 derives from a password
 * (RFC 7292, appendix B), which is given in UTF-16BE with two zero bytes at the end. No IV is returned.
 */
export const pbeSha1Des3 = builderOf(ck.CKM_PBE_SHA1_DES3_EDE_CBC);

/** Child numbers from 2^31 denote hardened children. */
export const HARDENED = 0x80000000;
/**
 * CKM_IBM_BTC_DERIVE `{ standard, step, [index: 0], [chainCode] }`: one step of BIP 32 (secp256k1) or SLIP-0010 (secp256k1, P-256,
 * Ed25519). The checkSum of the response is the new chain code. `deriveKeyPath` walks a whole path.
 */
export const btcDerive = builderOf(ck.CKM_IBM_BTC_DERIVE);
/** CKM_IBM_ETH_DERIVE `{ step, [index: 0], [keyInfo] }`: one step of EIP-2333 on BLS12-381. */
export const ethDerive = builderOf(ck.CKM_IBM_ETH_DERIVE);
