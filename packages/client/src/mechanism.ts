/**
 * Builders for common mechanisms. They call `createMechanism` of `@grep11/mechanisms`, which supports every mechanism
 * and defines the parameters. A value outside the limits of a parameter throws CKR_MECHANISM_PARAM_INVALID.
 * Each comment begins with the CKM_* constant and lists the members of the argument. Optional members are in brackets,
 * with their default. "Single-part" means that the mechanism cannot be used with Update.
 */
import * as ck from "@grep11/cryptoki";
import { createMechanism, type DefinedMechanism, type MechanismInput, type WrittenBy } from "@grep11/mechanisms";

type Kind = Exclude<keyof ck.HashNumbers, "oid" | "aliases">;
/** The hashes for which PKCS #11 has a number of kind `K`, such as a digest or an HMAC mechanism. */
type HashWith<K extends Kind> = {
  [H in ck.HashName]: K extends keyof (typeof ck.HASHES)[H] ? H : never;
}[ck.HashName];

/** The hashes for which PKCS #11 has RSA-PSS. For these, it has all other kinds of hash mechanisms, too. */
export type HashName = HashWith<"rsaPss">;

function builderOf<const M extends DefinedMechanism>(mechanism: M) {
  return (...input: MechanismInput<M>): ck.Mechanism => createMechanism(mechanism, ...input);
}

/** Returns a builder that takes the name of a hash. The mechanisms it builds have no parameter. */
function hashBuilderOf<K extends Kind>(kind: K) {
  return (hash: HashWith<K>): ck.Mechanism => ({ mechanism: (ck.HASHES[hash] as ck.HashNumbers)[kind]! });
}

/** CKM_SHA256 and the like: computes a digest. */
export const digest = hashBuilderOf("digest");
/** CKM_SHA256_HMAC and the like: signs and verifies with a secret key. */
export const hmac = hashBuilderOf("hmac");
/**
 * CKM_SHA256_HMAC_GENERAL and the like: signs and verifies with the first `length` bytes of the MAC. `length` is at
 * least 4.
 */
export const hmacGeneral = (hash: ck.HashName, length: number): ck.Mechanism =>
  createMechanism(ck.HASHES[hash].hmacGeneral, length);
/** CKM_IBM_CMAC: signs and verifies with an AES or DES3 key. */
export const cmac = builderOf(ck.CKM_IBM_CMAC);
/**
 * CKM_AES_CMAC_GENERAL: signs and verifies with the first bytes of the MAC. The argument is their number, from 4 to 16.
 */
export const aesCmacGeneral = builderOf(ck.CKM_AES_CMAC_GENERAL);
/** CKM_AES_GMAC: signs and verifies. The IV has 12 bytes and must never be reused with the same key. */
export const aesGmac = builderOf(ck.CKM_AES_GMAC);

/** CKM_AES_ECB: the data must consist of whole blocks. */
export const aesEcb = builderOf(ck.CKM_AES_ECB);
/** CKM_AES_CBC: the data must consist of whole blocks. The IV has 16 bytes. */
export const aesCbc = builderOf(ck.CKM_AES_CBC);
/** CKM_AES_CBC_PAD: the data can have any length (PKCS #7 padding). The IV has 16 bytes and must be unpredictable. */
export const aesCbcPad = builderOf(ck.CKM_AES_CBC_PAD);
/** CKM_DES3_CBC_PAD: the data can have any length (PKCS #7 padding). The IV has 8 bytes. */
export const des3CbcPad = builderOf(ck.CKM_DES3_CBC_PAD);
/**
 * CKM_AES_CTR `{ block, [counterBits: 128] }`: `block` is the first 16-byte counter block. Its last `counterBits` bits
 * are the counter. A counter block must never be reused with the same key.
 */
export const aesCtr = builderOf(ck.CKM_AES_CTR);
/**
 * CKM_AES_GCM `{ iv, [aad], [tagLength: 16] }`: a tag of 12 to 16 bytes follows the ciphertext. The IV must never be
 * reused with the same key.
 */
export const aesGcm = builderOf(ck.CKM_AES_GCM);
/** CKM_AES_CCM `{ dataLength, nonce, [aad], [macLength: 16] }`: the MAC follows the ciphertext. Single-part only. */
export const aesCcm = builderOf(ck.CKM_AES_CCM);
/** CKM_AES_XTS: the argument is a 16-byte tweak, such as a sector number. Single-part only. */
export const aesXts = builderOf(ck.CKM_AES_XTS);
/** CKM_CHACHA20 `{ nonce, [counter: 0] }` (RFC 8439): `counter` is the number of the first block. */
export const chacha20 = builderOf(ck.CKM_CHACHA20);
/**
 * CKM_CHACHA20_POLY1305 `{ nonce, [aad] }`: the tag follows the ciphertext. The 12-byte nonce must never be reused with
 * the same key.
 */
export const chacha20Poly1305 = builderOf(ck.CKM_CHACHA20_POLY1305);

/**
 * CKM_AES_KEY_WRAP (RFC 3394): pads keys with zeros to a multiple of 8 bytes. To unwrap a secret key, its template
 * needs CKA_VALUE_LEN.
 */
export const aesKeyWrap = builderOf(ck.CKM_AES_KEY_WRAP);
/** CKM_AES_KEY_WRAP_KWP (RFC 5649): wraps keys of any length. */
export const aesKeyWrapPadded = builderOf(ck.CKM_AES_KEY_WRAP_KWP);
/**
 * CKM_RSA_AES_KEY_WRAP `{ hash, [mgf], [label], [aesBits: 256] }`: wraps with a new AES key, and encrypts that key with
 * RSA.
 */
export const rsaAesKeyWrap = builderOf(ck.CKM_RSA_AES_KEY_WRAP);
/**
 * CKM_ECDH_AES_KEY_WRAP `{ kdf, [sharedData], [aesBits: 256] }`: wraps with an AES key that is derived by ECDH from the
 * wrapping key and a new key pair.
 */
export const ecdhAesKeyWrap = builderOf(ck.CKM_ECDH_AES_KEY_WRAP);

/**
 * CKM_RSA_PKCS (PKCS #1 v1.5): encrypts and wraps, or signs data that the caller has already encoded, for example as a
 * DigestInfo.
 */
export const rsaPkcs = builderOf(ck.CKM_RSA_PKCS);
/** CKM_SHA256_RSA_PKCS and the like: hashes, encodes and signs the data. */
export const rsaPkcsSignature = hashBuilderOf("rsaPkcs");
/** CKM_RSA_PKCS_OAEP `{ hash, [mgf: hash], [label] }`: encrypts and wraps. */
export const rsaOaep = builderOf(ck.CKM_RSA_PKCS_OAEP);
/**
 * CKM_RSA_PKCS_PSS `{ hash, [mgf: hash], [saltLength] }`: signs a hash that the caller has computed. By default the salt is as
 * long as the hash.
 */
export const rsaPss = builderOf(ck.CKM_RSA_PKCS_PSS);
/** CKM_SHA256_RSA_PKCS_PSS and the like: hashes and signs a message. */
export const rsaPssSignature = ({ hash, ...options }: { hash: HashName; saltLength?: number }): ck.Mechanism =>
  createMechanism(ck.HASHES[hash].rsaPss, options);

/** CKM_ECDSA: signs a hash that the caller has computed. Signatures are r ‖ s. */
export const ecdsa = builderOf(ck.CKM_ECDSA);
/** CKM_ECDSA_SHA256 and the like: hashes and signs a message. Signatures are r ‖ s. */
export const ecdsaSignature = hashBuilderOf("ecdsa");
/** CKM_IBM_ED25519_SHA512 (pure Ed25519, RFC 8032): signs a message. Single-part only. */
export const ed25519 = builderOf(ck.CKM_IBM_ED25519_SHA512);
/** CKM_IBM_ED448_SHA3 (pure Ed448, RFC 8032): signs a message. Single-part only. */
export const ed448 = builderOf(ck.CKM_IBM_ED448_SHA3);
/**
 * CKM_EDDSA `{ [context], [prehash] }` (RFC 8032): the context has at most 255 bytes. `prehash` selects the variant
 * that signs a hash of the message.
 */
export const eddsa = builderOf(ck.CKM_EDDSA);
/**
 * CKM_IBM_ECDSA_OTHER with EC-SDSA (ISO/IEC 14888-3): a Schnorr signature with SHA-256 on a 256-bit curve. Single-part
 * only.
 */
export const ecSdsa = () => createMechanism(ck.CKM_IBM_ECDSA_OTHER, { type: "ecsdsa" });
/** CKM_IBM_ECDSA_OTHER with Zilliqa's Schnorr signature on a 256-bit curve. Single-part only. */
export const zilliqaSchnorr = () => createMechanism(ck.CKM_IBM_ECDSA_OTHER, { type: "zilliqa" });
/**
 * CKM_IBM_ECDSA_OTHER with BLS signatures on BLS12-381. Single-part only. To verify with several public keys,
 * concatenate the keys.
 */
export const bls = () => createMechanism(ck.CKM_IBM_ECDSA_OTHER, { type: "bls" });
/**
 * CKM_GREP11_SCHNORR_BIP340: a Schnorr signature on secp256k1 (BIP 340). This mechanism belongs to this project, and
 * IBM's cards do not have it. Single-part only.
 */
export const schnorrBip340 = builderOf(ck.CKM_GREP11_SCHNORR_BIP340);
/** CKM_IBM_EC_AGGREGATE for SignSingle: adds 1 to 12 BLS signatures. The call has no key and no data. */
export const aggregateSignatures = (elements: readonly Uint8Array[]) =>
  createMechanism(ck.CKM_IBM_EC_AGGREGATE, { of: "signatures", elements });
/**
 * CKM_IBM_EC_AGGREGATE for DeriveKey: adds 1 to 12 BLS public keys. The call has no base key. This is safe only if all
 * owners have proved that they possess their private keys.
 */
export const aggregatePublicKeys = (elements: readonly ck.KeyArgument[]) =>
  createMechanism(ck.CKM_IBM_EC_AGGREGATE, { of: "public-keys", elements });

/** CKM_IBM_DILITHIUM: signs a message. Single-part only. */
export const dilithium = builderOf(ck.CKM_IBM_DILITHIUM);
/**
 * CKM_IBM_ML_DSA `{ [context], [deterministic] }`: signs a message. The context has at most 255 bytes. Single-part
 * only.
 */
export const mlDsa = builderOf(ck.CKM_IBM_ML_DSA);
/** CKM_HASH_ML_DSA_SHA256 and the like: hashes a message of any size and signs the hash. */
export const hashMlDsa = ({
  hash,
  ...options
}: WrittenBy<typeof ck.CKM_HASH_ML_DSA_SHA256> & { hash: HashWith<"hashMlDsa"> }): ck.Mechanism =>
  createMechanism(ck.HASHES[hash].hashMlDsa, options);
/** CKM_HASH_ML_DSA `{ hash, [context], [deterministic] }`: signs a hash that the caller has computed. */
export const hashMlDsaOfDigest = builderOf(ck.CKM_HASH_ML_DSA);
/** CKM_SLH_DSA `{ [context] }`: signs a message. Signatures are always randomised. Single-part only. */
export const slhDsa = builderOf(ck.CKM_SLH_DSA);

/**
 * CKM_ECDH1_DERIVE `{ publicData, [kdf: "null"], [sharedData] }` on a Weierstrass curve. `publicData` is the raw point
 * of the other party. `kdf` is the name of a hash (KDF of X9.63), a hash followed by `-sp800` (KDF of SP 800-56A), or
 * `hybrid`. With `hybrid`, the new key is the whole shared secret, for use as a second secret in `KemOptions`.
 */
export const ecdh1 = builderOf(ck.CKM_ECDH1_DERIVE);
/** CKM_IBM_EC_X25519: takes the same arguments as {@link ecdh1}. */
export const x25519 = builderOf(ck.CKM_IBM_EC_X25519);
/** CKM_IBM_EC_X448: takes the same arguments as {@link ecdh1}. */
export const x448 = builderOf(ck.CKM_IBM_EC_X448);
/** CKM_DH_PKCS_DERIVE: the argument is the other party's public integer in big-endian byte order. */
export const dhDerive = builderOf(ck.CKM_DH_PKCS_DERIVE);

const KEMS = { kyber: ck.CKM_IBM_KYBER, "ml-kem": ck.CKM_IBM_ML_KEM } as const;

/**
 * A KEM, and options that combine its secret with a second one. The combination is secure as long as one of the two
 * secrets is.
 * - `secret` is the second secret: a generic secret with CKA_IBM_USE_AS_DATA, such as the result of `ecdh1` with the
 *   KDF `hybrid`.
 * - `kdf` is the name of a hash (KDF of X9.63 over both secrets) or `concatenate`.
 * - `prepend` puts the secret of the KEM first.
 */
export type KemOptions = Omit<WrittenBy<typeof ck.CKM_IBM_ML_KEM>, "mode" | "ciphertext"> & {
  readonly kem: keyof typeof KEMS;
};

/**
 * The mechanism for DeriveKey with a public key. The result is the new key, and a checkSum that contains the ciphertext
 * (see {@link kemCiphertext}).
 */
export const encapsulate = ({ kem, ...options }: KemOptions) =>
  createMechanism(KEMS[kem], { ...options, mode: "encapsulate" });
/** The mechanism for DeriveKey with the private key. The result is the key that the encapsulating party derived. */
export const decapsulate = ({ kem, ...options }: KemOptions & { readonly ciphertext: Uint8Array }) =>
  createMechanism(KEMS[kem], { ...options, mode: "decapsulate" });

/** How many bytes a CheckSum has. It consists of the key's check value and of its length in bits. */
const CHECK_VALUE_BYTES = 7;
/** Returns the ciphertext in the checkSum of an encapsulation. */
export const kemCiphertext = (checkSum: Uint8Array): Uint8Array => checkSum.subarray(CHECK_VALUE_BYTES);
/** Returns the check value in the checkSum of an encapsulation or decapsulation. */
export const kemCheckValue = (checkSum: Uint8Array): Uint8Array => checkSum.subarray(0, CHECK_VALUE_BYTES);

/** CKM_SHA256_KEY_DERIVATION and the like: the new key is the hash of the base key. */
export const keyDerivation = hashBuilderOf("keyDerivation");
/** CKM_HKDF_DERIVE `{ hash, [steps: "both"], [salt] or [saltKey], [info] }`: `saltKey` needs CKA_IBM_USE_AS_DATA. */
export const hkdf = builderOf(ck.CKM_HKDF_DERIVE);
/**
 * CKM_SP800_108_COUNTER_KDF `{ prf, label, context }`: derives as in SP 800-108r1, 4.1. The counter and the length have
 * 32 bits each.
 */
export const sp800Counter = builderOf(ck.CKM_SP800_108_COUNTER_KDF);
/** CKM_SP800_108_FEEDBACK_KDF `{ prf, label, context, [iv] }`: derives as in SP 800-108r1, 4.2. */
export const sp800Feedback = builderOf(ck.CKM_SP800_108_FEEDBACK_KDF);
/** CKM_SP800_108_DOUBLE_PIPELINE_KDF `{ prf, label, context }`: derives as in SP 800-108r1, 4.3. */
export const sp800DoublePipeline = builderOf(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF);
/** CKM_AES_ECB_ENCRYPT_DATA: the new key is the encrypted data, which must consist of whole blocks. */
export const aesEcbEncryptData = builderOf(ck.CKM_AES_ECB_ENCRYPT_DATA);
/** CKM_AES_CBC_ENCRYPT_DATA `{ iv, data }`: the new key is the encrypted `data`, which must consist of whole blocks. */
export const aesCbcEncryptData = builderOf(ck.CKM_AES_CBC_ENCRYPT_DATA);
/** CKM_DES3_CBC_ENCRYPT_DATA `{ iv, data }`: the new key is the encrypted `data`, which must consist of whole blocks. */
export const des3CbcEncryptData = builderOf(ck.CKM_DES3_CBC_ENCRYPT_DATA);
/** CKM_PKCS5_PBKD2 `{ hash, iterations, salt, password }`: derives a key from a password, by GenerateKey. */
export const pbkdf2 = builderOf(ck.CKM_PKCS5_PBKD2);
/**
 * CKM_PBE_SHA1_DES3_EDE_CBC `{ iterations, salt, password }` for GenerateKey: the DES3 key that PKCS #12 derives from a
 * password (RFC 7292, appendix B). The password is in UTF-16BE and ends with two zero bytes. No IV is returned.
 */
export const pbeSha1Des3 = builderOf(ck.CKM_PBE_SHA1_DES3_EDE_CBC);

/** Child numbers of at least 2^31 denote hardened children. */
export const HARDENED = 0x80000000;
/**
 * CKM_IBM_BTC_DERIVE `{ standard, step, [index: 0], [chainCode] }`: derives one step of BIP 32 (secp256k1) or SLIP-0010
 * (secp256k1, P-256, Ed25519). The checkSum of the response is the new chain code. `deriveKeyPath` derives a whole
 * path.
 */
export const btcDerive = builderOf(ck.CKM_IBM_BTC_DERIVE);
/** CKM_IBM_ETH_DERIVE `{ step, [index: 0], [keyInfo] }`: derives one step of EIP-2333 on BLS12-381. */
export const ethDerive = builderOf(ck.CKM_IBM_ETH_DERIVE);
