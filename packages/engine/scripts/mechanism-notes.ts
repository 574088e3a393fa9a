/**
 * What docs/MECHANISMS.md says about mechanisms and their rows do not: what they are, the form of their parameter, where
 * that is specified, and which known answers prove them. Every mechanism of the table belongs to exactly one note; the
 * generator sees to that. Long because it is data, one note after the other.
 */

/** What a group of mechanisms has in common. */
export interface Note {
  readonly title: string;
  /** The names of its mechanisms without CKM_. */
  readonly mechanisms: RegExp;
  /** The parameter: a message of GREP11, or bytes; fields separated by ‖. */
  readonly parameter: string;
  readonly standard: string;
  /** Files of known answers, keys of {@link VECTORS}. */
  readonly vectors: readonly (keyof typeof VECTORS)[];
  /** What users of the mechanisms should know besides. */
  readonly remark?: string;
}

/** Known answers and where their numbers come from; files of `../shared/vectors`. */
export const VECTORS = {
  "ep11/aes.json": "NIST CAVP, RFC 3394, RFC 5649; computed by two implementations",
  "ep11/bip32.json": "BIP 32, all its test vectors",
  "ep11/bls12381.json": "Ethereum BLS tests, Wycheproof",
  "ep11/des3.json": "NIST CAVP; computed by two implementations",
  "ep11/digest.json": "NIST CAVP; computed by two implementations",
  "ep11/dilithium.json": "NIST PQC round 2 and round 3 submissions",
  "ep11/dsa-dh.json": "NIST CAVP; computed by two implementations",
  "ep11/ecdh-kdf.json": "NIST CAVP (ANS X9.63); computed by two implementations",
  "ep11/ecdsa.json": "computed by two implementations",
  "ep11/ecsdsa.json": "ISO/IEC 14888-3; computed by two implementations",
  "ep11/ed-x-curves.json": "RFC 8032, RFC 7748",
  "ep11/hmac.json": "NIST CAVP, RFC 4231",
  "ep11/key-derivation.json": "EIP-2333; computed by two implementations",
  "ep11/kyber-round2.json": "NIST PQC round 2 submission",
  "ep11/ml-dsa.json": "NIST ACVP",
  "ep11/ml-kem.json": "NIST ACVP",
  "ep11/rsa.json": "RSA Laboratories, NIST CAVP; X9.31 by two implementations",
  "ep11/slip10.json": "SLIP-0010, all its test vectors",
  "ep11/zilliqa-schnorr.json": "Zilliqa's SDK",
  "wycheproof/aes_*": "Wycheproof: CBC with padding, CMAC, GCM, key wrap",
  "wycheproof/bls_*": "Wycheproof: verification of signatures in G2",
  "wycheproof/dsa_*": "Wycheproof: 2048 bits, SHA-256",
  "wycheproof/ecdh_*": "Wycheproof: P-256, brainpoolP256r1",
  "wycheproof/ecdsa_*": "Wycheproof: P-256, P-384, secp256k1, brainpoolP256r1",
  "wycheproof/ed25519_*": "Wycheproof",
  "wycheproof/hkdf_*": "Wycheproof: SHA-256",
  "wycheproof/hmac_*": "Wycheproof: SHA-1, SHA-2, SHA-3",
  "wycheproof/mldsa_*": "Wycheproof: ML-DSA-65",
  "wycheproof/mlkem_*": "Wycheproof: ML-KEM-768",
  "wycheproof/pbkdf2_*": "Wycheproof: HMAC-SHA-256",
  "wycheproof/rsa_*": "Wycheproof: OAEP, PKCS #1 v1.5, PSS",
  "wycheproof/x25519_*": "Wycheproof",
} as const;

const NONE = "none";
const HEDGE = "CKH_HEDGE_PREFERRED 0, CKH_HEDGE_REQUIRED 1, CKH_DETERMINISTIC_REQUIRED 2";
const KEM = "KyberKEMParm: Version 0, Mode 1 encapsulate or 2 decapsulate, Kdf, Prepend, CipherText, SharedData, Blob";

/** In the order of the document. */
export const NOTES: readonly Note[] = [
  {
    title: "Digests",
    mechanisms: /^(IBM_)?SHA(_1|224|256|384|512(_224|_256)?|3_(224|256|384|512))$/,
    parameter: NONE,
    standard: "FIPS 180-4, FIPS 202; PKCS #11 v3.2, 6.20 to 6.31",
    vectors: ["ep11/digest.json"],
    remark:
      "IBM's numbers and the standard ones compute the same. DigestKey takes a secret key of 112 bits or more into the digest, if it may leave under any KEK (CKA_EXTRACTABLE).",
  },
  {
    title: "HMAC",
    mechanisms: /^(IBM_)?SHA.*_HMAC$/,
    parameter: NONE,
    standard: "FIPS 198-1, RFC 2104; PKCS #11 v3.2, 6.9 and 6.20 to 6.31",
    vectors: ["ep11/hmac.json", "wycheproof/hmac_*"],
    remark: "Sizes are those IBM's cards report; keys may be longer, up to 256 bytes.",
  },
  {
    title: "Shortened HMAC",
    mechanisms: /^SHA.*_HMAC_GENERAL$/,
    parameter:
      "length of the code in bytes, 4 to that of the hash: 4 or 8 bytes big-endian (little-endian is understood), or HMACGeneralParm as bytes",
    standard: "PKCS #11 v3.2, 6.9 and 6.20 to 6.31",
    vectors: ["ep11/hmac.json"],
  },
  {
    title: "CMAC and GMAC",
    mechanisms: /^(IBM_|AES_|DES3_)CMAC$|^AES_GMAC$/,
    parameter: "CMAC: none. GMAC: initialisation vector (12), used once with a key",
    standard: "SP 800-38B, SP 800-38D; PKCS #11 v3.2, 6.13.6, 6.14, 6.19",
    vectors: ["ep11/aes.json", "ep11/des3.json", "wycheproof/aes_*"],
  },
  {
    title: "Shortened CMAC",
    mechanisms: /_CMAC_GENERAL$/,
    parameter: "length of the code in bytes, 4 to one block, as for shortened HMAC",
    standard: "SP 800-38B; PKCS #11 v3.2, 6.14, 6.19",
    vectors: ["ep11/aes.json", "ep11/des3.json"],
  },
  {
    title: "Secret key generation",
    mechanisms: /^(AES|AES_XTS|DES2|DES3|GENERIC_SECRET|CHACHA20|HKDF|SHA.*)_KEY_GEN$/,
    parameter: NONE,
    standard: "PKCS #11 v3.2, 6.8, 6.10, 6.15, 6.18, 6.20 to 6.31, 6.58, 6.62",
    vectors: [],
    remark: "CKA_VALUE_LEN (bytes) is required where there is a choice. The two halves of an XTS key differ.",
  },
  {
    title: "Block ciphers",
    mechanisms: /^(AES|DES3)_(ECB|CBC|CBC_PAD)$/,
    parameter: "ECB: none. CBC: initialisation vector, 16 bytes for AES, 8 for DES",
    standard: "FIPS 197, SP 800-67, SP 800-38A; PKCS #11 v3.2, 6.10, 6.18",
    vectors: ["ep11/aes.json", "ep11/des3.json", "wycheproof/aes_*"],
    remark: "CBC_PAD pads as PKCS #7. Nothing here authenticates: prefer GCM for new data.",
  },
  {
    title: "AES in counter mode",
    mechanisms: /^AES_CTR$/,
    parameter: "counter bits (4) ‖ counter block (16); or only the block, with 128 counter bits",
    standard: "SP 800-38A; PKCS #11 v3.2, 6.11",
    vectors: ["ep11/aes.json"],
    remark: "A counter that would wrap is refused (CKR_DATA_LEN_RANGE).",
  },
  {
    title: "AES-GCM",
    mechanisms: /^AES_GCM$/,
    parameter:
      "IV length (4) ‖ IV bits (4) ‖ AAD length (4) ‖ tag bits (4) ‖ IV ‖ AAD, with tags of 96 to 128 bits and an IV of at least one byte; never only an IV",
    standard: "SP 800-38D; PKCS #11 v3.2, 6.13.2, 6.13.7",
    vectors: ["ep11/aes.json", "wycheproof/aes_*"],
    remark:
      "The tag follows the cipher text. Decryption is one call: [0007](adr/0007-aead-in-parts.md). An IV must never be used twice with a key.",
  },
  {
    title: "AES-CCM",
    mechanisms: /^AES_CCM$/,
    parameter:
      "data length (4) ‖ nonce length (4) ‖ AAD length (4) ‖ MAC length (4) ‖ nonce (7 to 13) ‖ AAD; MACs of 4, 6 ... 16 bytes",
    standard: "SP 800-38C; PKCS #11 v3.2, 6.13.4, 6.13.7",
    vectors: ["ep11/aes.json"],
    remark: "One call only, because the first block authenticates the length of the data.",
  },
  {
    title: "AES-XTS",
    mechanisms: /^AES_XTS$/,
    parameter: "tweak (16)",
    standard: "IEEE 1619, SP 800-38E; PKCS #11 v3.2, 6.15",
    vectors: ["ep11/aes.json"],
  },
  {
    title: "ChaCha20",
    mechanisms: /^CHACHA20$/,
    parameter:
      "counter bits (4) ‖ nonce bits (4) ‖ counter, little-endian ‖ nonce; bits are 32 and 96 (RFC 8439), or 64 and 64",
    standard: "RFC 8439; PKCS #11 v3.2, 6.58",
    vectors: [],
    remark: "Tested with the answers of RFC 8439 and against OpenSSL.",
  },
  {
    title: "ChaCha20-Poly1305",
    mechanisms: /^CHACHA20_POLY1305$/,
    parameter: "nonce length (4) ‖ AAD length (4) ‖ nonce (12) ‖ AAD; never only the nonce",
    standard: "RFC 8439; PKCS #11 v3.2, 6.61",
    vectors: [],
    remark:
      "Tested with the answer of RFC 8439 and against OpenSSL. Decryption is one call: [0007](adr/0007-aead-in-parts.md).",
  },
  {
    title: "AES key wrap",
    mechanisms: /^AES_KEY_WRAP/,
    parameter: "none, or the initial value: 8 bytes for CKM_AES_KEY_WRAP, 4 for the padded forms",
    standard: "SP 800-38F, RFC 3394, RFC 5649; PKCS #11 v3.2, 6.16",
    vectors: ["ep11/aes.json", "wycheproof/aes_*"],
    remark:
      "CKM_AES_KEY_WRAP_PAD is the older number of CKM_AES_KEY_WRAP_KWP. CKM_AES_KEY_WRAP pads a key with zeros to blocks of 8 bytes, at least two; unwrapping removes them after a private key, and after a secret as CKA_VALUE_LEN says.",
  },
  {
    title: "RSA key pairs",
    mechanisms: /^RSA_(PKCS|X9_31)_KEY_PAIR_GEN$/,
    parameter: NONE,
    standard: "FIPS 186-5, A.1; PKCS #11 v3.2, 6.1.4, 6.1.5",
    vectors: ["ep11/rsa.json"],
    remark:
      "Both make the same keys, with random primes as FIPS 186-5 (A.1.3) wants them: X9.31 signatures work with any, and the strong primes of X9.31 are needed no longer.",
  },
  {
    title: "RSA PKCS #1 v1.5",
    mechanisms: /^(SHA.*_)?RSA_PKCS$/,
    parameter: NONE,
    standard: "RFC 8017, 7.2 and 8.2; PKCS #11 v3.2, 6.1.6, 6.1.14",
    vectors: ["ep11/rsa.json", "wycheproof/rsa_*"],
    remark:
      "CKM_RSA_PKCS signs what the caller has encoded (DigestInfo). Decrypting answers a substitute for wrong padding, which no caller can tell from a message.",
  },
  {
    title: "RSA-OAEP",
    mechanisms: /^RSA_PKCS_OAEP$/,
    parameter:
      "RSAOAEPParm: HashMech, Mgf (0: the same hash), EncodingParmType 1 and EncodingParm for a label; or as bytes: hash (4) ‖ MGF (4) ‖ source (4) ‖ label",
    standard: "RFC 8017, 7.1; PKCS #11 v3.2, 6.1.8",
    vectors: ["ep11/rsa.json", "wycheproof/rsa_*"],
  },
  {
    title: "RSA-PSS",
    mechanisms: /RSA_PKCS_PSS$/,
    parameter:
      "RSAPSSParm: HashMech, Mgf, SaltByteCount (0xFFFFFFFF: as long as the hash); or as bytes: hash (4) ‖ MGF (4) ‖ salt length (4)",
    standard: "RFC 8017, 8.1; PKCS #11 v3.2, 6.1.10, 6.1.15",
    vectors: ["ep11/rsa.json", "wycheproof/rsa_*"],
    remark: "CKM_RSA_PKCS_PSS signs a digest; the others hash the message with the hash of their name.",
  },
  {
    title: "RSA X9.31",
    mechanisms: /^(SHA1_)?RSA_X9_31$/,
    parameter: NONE,
    standard: "ANSI X9.31; PKCS #11 v3.2, 6.1.13, 6.1.16",
    vectors: ["ep11/rsa.json"],
  },
  {
    title: "Raw RSA",
    mechanisms: /^RSA_X_509$/,
    parameter: NONE,
    standard: "RFC 8017, 5; PKCS #11 v3.2, 6.1.12",
    vectors: ["ep11/rsa.json"],
    remark: "Off in both policies: a policy of one's own must turn XCP_CPB_ALG_RAW_RSA on.",
  },
  {
    title: "RSA with AES key wrap",
    mechanisms: /^RSA_AES_KEY_WRAP$/,
    parameter: "AES bits (4) ‖ hash (4) ‖ MGF (4) ‖ source (4) ‖ label",
    standard: "PKCS #11 v3.2, 6.1.19, 6.1.20; RFC 5649",
    vectors: [],
    remark: "A fresh AES key under RSA-OAEP, then the key under that AES key with CKM_AES_KEY_WRAP_KWP.",
  },
  {
    title: "EC key pairs",
    mechanisms: /^(EC|EC_EDWARDS|EC_MONTGOMERY)_KEY_PAIR_GEN$/,
    parameter: NONE,
    standard: "FIPS 186-5, RFC 5639, SEC 2, RFC 7748, RFC 8032; PKCS #11 v3.2, 6.3.9 to 6.3.11",
    vectors: [],
    remark:
      "CKA_EC_PARAMS names the curve: P-192 to P-521, secp256k1, brainpoolP160 to P512 (r1, t1), Ed25519, Ed448, X25519, X448, BLS12-381. Encoded keys of all of them are compared with EP11's forms.",
  },
  {
    title: "ECDSA",
    mechanisms: /^(IBM_)?ECDSA(_SHA.*)?$/,
    parameter: NONE,
    standard: "FIPS 186-5, 6; PKCS #11 v3.2, 6.3.12, 6.3.13",
    vectors: ["ep11/ecdsa.json", "wycheproof/ecdsa_*"],
    remark: "CKM_ECDSA signs a digest of any length. Signatures are r ‖ s, each as long as the order.",
  },
  {
    title: "EdDSA",
    mechanisms: /^(IBM_ED25519_SHA512|IBM_ED448_SHA3|EDDSA)$/,
    parameter:
      "IBM's: none. CKM_EDDSA: none for the plain signature, or pre-hash flag (4) ‖ context length (4) ‖ context (at most 255)",
    standard: "RFC 8032; PKCS #11 v3.2, 6.3.14",
    vectors: ["ep11/ed-x-curves.json", "wycheproof/ed25519_*"],
  },
  {
    title: "Schnorr and BLS signatures",
    mechanisms: /^IBM_ECDSA_OTHER$/,
    parameter: "ECSGParm: Type 3 EC-SDSA, 5 Zilliqa's, 6 BLS; or the type as bytes (4)",
    standard:
      "ISO/IEC 14888-3 (EC-SDSA); Zilliqa's specification; draft-irtf-cfrg-bls-signature with Ethereum's suite of proofs of possession",
    vectors: ["ep11/ecsdsa.json", "ep11/zilliqa-schnorr.json", "ep11/bls12381.json", "wycheproof/bls_*"],
    remark:
      "Schnorr on curves of 256 bits, BLS on BLS12-381. VerifySingle takes up to 12 public keys of BLS, one behind the other, and verifies against their sum. BLS belongs to the suite with proofs of possession, or to the basic one where the engine's option `blsSuite` says so. The message itself is signed.",
  },
  {
    title: "BIP-340 Schnorr signatures",
    mechanisms: /^GREP11_SCHNORR_BIP340$/,
    parameter: NONE,
    standard: "BIP 340",
    vectors: [],
    remark:
      "This project's own number: [0009](adr/0009-own-mechanism-numbers.md). secp256k1 only; signs the message itself. Tested with the answers of BIP 340.",
  },
  {
    title: "BLS aggregation",
    mechanisms: /^IBM_EC_AGGREGATE$/,
    parameter:
      "ECAGGParm: Version 0, Mode 1 signatures (SignSingle) or 2 public keys (DeriveKey), PerElementSize, Elements (1 to 12, of equal size); or as bytes: version (4) ‖ mode (4) ‖ element size (4) ‖ length (4) ‖ elements",
    standard: "draft-irtf-cfrg-bls-signature, 2.8",
    vectors: ["ep11/bls12381.json"],
    remark: "Takes no key. Elements are uncompressed signatures, or public key blobs.",
  },
  {
    title: "Key agreement on curves",
    mechanisms: /^(ECDH1(_COFACTOR)?_DERIVE|IBM_EC_X25519|IBM_EC_X448)$/,
    parameter:
      "ECDH1DeriveParm: Kdf, SharedData, PublicData (the peer's point, raw); or as bytes: KDF (4) ‖ length of shared data (4) ‖ length of the point (4) ‖ shared data ‖ point; or only the point. Kdf: CKD_NULL, the CKD_SHA*_KDF of X9.63, the CKD_SHA*_KDF_SP800 of SP 800-56C, CKD_IBM_HYBRID_NULL",
    standard: "SP 800-56A, ANS X9.63, RFC 7748; PKCS #11 v3.2, 6.3.16 to 6.3.18",
    vectors: ["ep11/ecdh-kdf.json", "ep11/ed-x-curves.json", "wycheproof/ecdh_*", "wycheproof/x25519_*"],
    remark: "With CKD_NULL the trailing CKA_VALUE_LEN bytes of the secret remain.",
  },
  {
    title: "ECDH with AES key wrap",
    mechanisms: /^ECDH_(COF_|X_)?AES_KEY_WRAP$/,
    parameter: "AES bits (4) ‖ KDF (4) ‖ length of shared data (4) ‖ shared data",
    standard: "PKCS #11 v3.2, 6.3.20 to 6.3.23; RFC 5649",
    vectors: [],
    remark: "A fresh key pair agrees with the KEK on an AES key, which wraps with CKM_AES_KEY_WRAP_KWP.",
  },
  {
    title: "DSA",
    mechanisms: /^DSA(_PARAMETER_GEN|_KEY_PAIR_GEN|_SHA\d+)?$/,
    parameter: NONE,
    standard: "FIPS 186-4; PKCS #11 v3.2, 6.2",
    vectors: ["ep11/dsa-dh.json", "wycheproof/dsa_*"],
    remark: "Domain parameters are DER (p, q, g) in CKA_IBM_STRUCT_PARAMS. CKM_DSA signs a digest.",
  },
  {
    title: "Diffie-Hellman",
    mechanisms: /^DH_PKCS_/,
    parameter: "to derive: the peer's public value, big-endian",
    standard: "PKCS #3, SP 800-56A, RFC 7919, RFC 3526; PKCS #11 v3.2, 6.4.8 to 6.4.10",
    vectors: ["ep11/dsa-dh.json"],
    remark: "Generated parameters are a group of RFC 7919 (2048, 3072 bits) or RFC 3526, never fresh primes.",
  },
  {
    title: "Keys from hashes",
    mechanisms: /^SHA.*_(KEY_DERIVATION|KEY_DERIVE)$/,
    parameter: NONE,
    standard: "PKCS #11 v3.2, 6.20 to 6.31",
    vectors: ["ep11/key-derivation.json"],
  },
  {
    title: "Keys from encryption",
    mechanisms: /_ENCRYPT_DATA$/,
    parameter: "ECB: data, whole blocks. CBC: initialisation vector (one block) ‖ data, whole blocks",
    standard: "PKCS #11 v3.2, 6.17",
    vectors: ["ep11/key-derivation.json"],
    remark:
      "Keys that may leave give their caller what the base key encrypts: CKA_DERIVE gives encryption under `hpcs`, CKA_ENCRYPT or not. Under `strict` no key both derives and encrypts.",
  },
  {
    title: "HKDF",
    mechanisms: /^HKDF_DERIVE$/,
    parameter:
      "flags (4: 1 extract, 2 expand, 3 both) ‖ hash (4) ‖ salt type (4: CKF_HKDF_SALT_NULL 1, _DATA 2, _KEY 4) ‖ salt length (4) ‖ length of salt key (4) ‖ info length (4) ‖ salt ‖ sealed salt key ‖ info",
    standard: "RFC 5869, SP 800-56C; PKCS #11 v3.2, 6.62",
    vectors: ["ep11/key-derivation.json", "wycheproof/hkdf_*"],
    remark:
      "Expanding is an HMAC, so CKA_DERIVE gives some MACs under `hpcs`, CKA_SIGN or not. Under `strict` no secret key both derives and signs.",
  },
  {
    title: "SP 800-108 key derivation",
    mechanisms: /^SP800_108_/,
    parameter:
      "PRF (4: an HMAC or CMAC mechanism) ‖ number of parts (4) ‖ IV length (4; feedback mode) ‖ type (4) ‖ length (4) ‖ value of each part ‖ IV. A counter's value is little-endian flag (4) ‖ bits (4), a length's is method (4) ‖ little-endian flag (4) ‖ bits (4)",
    standard: "SP 800-108; PKCS #11 v3.2, 6.42",
    vectors: ["ep11/key-derivation.json"],
    remark:
      "One key for each call; counter, feedback and double pipeline mode. What is derived is a MAC: see HKDF for what that means to CKA_DERIVE.",
  },
  {
    title: "Keys from passwords",
    mechanisms: /^(PKCS5_PBKD2|PBE_SHA1_DES3_EDE_CBC)$/,
    parameter:
      "PBKDF2: PRF (4, CKP_PKCS5_PBKD2_*) ‖ iterations (4) ‖ salt length (4) ‖ password length (4) ‖ salt ‖ password. PBE: IV length (4, 0 or 8) ‖ password length (4) ‖ salt length (4) ‖ iterations (4) ‖ password ‖ salt",
    standard: "RFC 8018, 5.2; RFC 7292, B.2; PKCS #11 v3.2, 6.37.4, 6.38.1",
    vectors: ["ep11/key-derivation.json", "wycheproof/pbkdf2_*"],
  },
  {
    title: "Public half of a private key",
    mechanisms: /^PUB_KEY_FROM_PRIV_KEY$/,
    parameter: NONE,
    standard: "PKCS #11 v3.2, 6.43.8",
    vectors: [],
    remark: "Needs no CKA_DERIVE: nothing secret comes out.",
  },
  {
    title: "Hierarchical keys: BIP 32 and SLIP-0010",
    mechanisms: /^IBM_BTC_DERIVE$/,
    parameter:
      "BTCDeriveParm: Type (CK_IBM_BTC_BIP0032_* 1 to 4, CK_IBM_BTC_SLIP0010_* 5 to 8), ChildKeyIndex (from 2^31 on hardened), ChainCode (32; none for master keys), Version 1; or as bytes: type (4) ‖ index (4) ‖ length (4) ‖ chain code ‖ version (4)",
    standard: "BIP 32, SLIP-0010",
    vectors: ["ep11/bip32.json", "ep11/slip10.json"],
    remark:
      "BIP 32 on secp256k1; SLIP-0010 on secp256k1, P-256 and Ed25519. The chain code is the whole CheckSum of the answer. A seed is a generic secret of 16 to 64 bytes.",
  },
  {
    title: "Hierarchical keys: EIP-2333",
    mechanisms: /^IBM_ETH_DERIVE$/,
    parameter:
      "type (4: 1 private to private, 2 private to public, 3 master) ‖ index (4) ‖ length of key info (4) ‖ version (4: 1) ‖ signature version (4: 4) ‖ key info (at most 32)",
    standard: "EIP-2333",
    vectors: ["ep11/key-derivation.json", "ep11/bls12381.json"],
    remark: "A seed is a generic secret of 32 bytes or more; keys are on BLS12-381.",
  },
  {
    title: "Dilithium",
    mechanisms: /^IBM_DILITHIUM$/,
    parameter: NONE,
    standard: "CRYSTALS-Dilithium, NIST PQC round 2 and round 3",
    vectors: ["ep11/dilithium.json"],
    remark:
      "CKA_IBM_PQC_PARAMS (an OBJECT IDENTIFIER) names the set: round 2 6-5 (default) and 8-7, round 3 4-4, 6-5 and 8-7. These are not ML-DSA.",
  },
  {
    title: "Kyber",
    mechanisms: /^IBM_KYBER$/,
    parameter: `key pairs: none. DeriveKey: ${KEM}`,
    standard: "CRYSTALS-Kyber, NIST PQC round 2",
    vectors: ["ep11/kyber-round2.json"],
    remark:
      "CKA_IBM_PQC_PARAMS names the set: 768 or 1024. Encapsulation answers check value ‖ cipher text as CheckSum. Blob is a sealed generic secret with CKA_IBM_USE_AS_DATA that CKD_IBM_HYBRID_* mix in. Without a hash, a part of the two secrets or a key of another type than CKK_GENERIC_SECRET is made only under `hpcs`, and only of a Blob that may leave under any KEK.",
  },
  {
    title: "ML-KEM",
    mechanisms: /^(IBM_)?ML_KEM(_KEY_PAIR_GEN)?$/,
    parameter: `key pairs: none. DeriveKey: ${KEM}`,
    standard: "FIPS 203; PKCS #11 v3.2, 6.68",
    vectors: ["ep11/ml-kem.json", "wycheproof/mlkem_*"],
    remark:
      "CKA_PARAMETER_SET (also CKA_IBM_PARAMETER_SET): CKP_ML_KEM_512, _768, _1024. Encapsulation answers as Kyber does.",
  },
  {
    title: "ML-DSA",
    mechanisms: /^(IBM_)?ML_DSA(_KEY_PAIR_GEN)?$/,
    parameter: `key pairs: none. Signatures: none, or hedge (4) ‖ context length (4) ‖ context (at most 255); ${HEDGE}; CKM_IBM_ML_DSA counts these from 1`,
    standard: "FIPS 204; PKCS #11 v3.2, 6.67",
    vectors: ["ep11/ml-dsa.json", "wycheproof/mldsa_*"],
    remark: "CKA_PARAMETER_SET (also CKA_IBM_PARAMETER_SET): CKP_ML_DSA_44, _65, _87.",
  },
  {
    title: "HashML-DSA",
    mechanisms: /^HASH_ML_DSA/,
    parameter: `CKM_HASH_ML_DSA, over a digest: hedge (4) ‖ context length (4) ‖ hash (4) ‖ context. The others, over a message: none, or hedge (4) ‖ context length (4) ‖ context; ${HEDGE}`,
    standard: "FIPS 204, 5.4; PKCS #11 v3.2, 6.67.6, 6.67.7",
    vectors: ["ep11/ml-dsa.json"],
  },
  {
    title: "SLH-DSA",
    mechanisms: /^SLH_DSA/,
    parameter: "key pairs: none. Signatures: none, or hedge (4: 0 or 1) ‖ context length (4) ‖ context",
    standard: "FIPS 205; PKCS #11 v3.2, 6.69",
    vectors: [],
    remark: "CKA_PARAMETER_SET: all twelve of FIPS 205. Computed by OpenSSL; deterministic signatures are not offered.",
  },
  {
    title: "Attribute-bound key transport",
    mechanisms: /^IBM_ATTRIBUTEBOUND_WRAP$/,
    parameter: "none; the key for the MAC is the field MacKey",
    standard: "this project's own format, [attribute-bound.md](attribute-bound.md): IBM's is not public",
    vectors: [],
  },
  {
    title: "Import of public keys",
    mechanisms: /^IBM_TRANSPORTKEY$/,
    parameter: NONE,
    standard: "EP11: SubjectPublicKeyInfo in, the same with its attributes and a MAC out",
    vectors: [],
    remark: "UnwrapKey without a KEK. Works, but GetMechanismList does not name it, as on the cards.",
  },
];
