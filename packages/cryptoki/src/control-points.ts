/**
 * EP11 control points: the switches that make up the policy of a domain. A control point that is on permits something. If it is
 * off, the call fails with CKR_FUNCTION_CANCELED, and the mechanisms that need it are not in the mechanism list.
 * Names and numbers are those of ep11.h (XCP_CPB_*).
 */
/** control points may be turned on */
export const XCP_CPB_ADD_CPBS = 0;
/** control points may be turned off */
export const XCP_CPB_DELETE_CPBS = 1;
/** signing with a private key */
export const XCP_CPB_SIGN_ASYMM = 2;
/** signing with HMAC and CMAC keys */
export const XCP_CPB_SIGN_SYMM = 3;
/** verifying with HMAC and CMAC keys */
export const XCP_CPB_SIGVERIFY_SYMM = 4;
/** encrypting with symmetric keys */
export const XCP_CPB_ENCRYPT_SYMM = 5;
/** decrypting with private keys */
export const XCP_CPB_DECRYPT_ASYMM = 6;
/** decrypting with symmetric keys */
export const XCP_CPB_DECRYPT_SYMM = 7;
/** wrapping under a public key */
export const XCP_CPB_WRAP_ASYMM = 8;
/** wrapping under a symmetric key */
export const XCP_CPB_WRAP_SYMM = 9;
/** unwrapping with a private key */
export const XCP_CPB_UNWRAP_ASYMM = 10;
/** unwrapping with a symmetric key */
export const XCP_CPB_UNWRAP_SYMM = 11;
/** key-pair generation */
export const XCP_CPB_KEYGEN_ASYMM = 12;
/** secret keys: generation, unwrapping, derivation; domain parameters */
export const XCP_CPB_KEYGEN_SYMM = 13;
/** semi-retained keys */
export const XCP_CPB_RETAINKEYS = 14;
/** new key pairs may skip the pairwise consistency test */
export const XCP_CPB_SKIP_KEYTESTS = 15;
/** wrapping outside the attribute-bound format */
export const XCP_CPB_NON_ATTRBOUND = 16;
/** SetAttributeValue */
export const XCP_CPB_MODIFY_OBJECTS = 17;
/** SeedRandom */
export const XCP_CPB_RNG_SEED = 18;
/** RSA private keys without padding */
export const XCP_CPB_ALG_RAW_RSA = 19;
/** algorithms outside FIPS-2009 */
export const XCP_CPB_ALG_NFIPS2009 = 20;
/** algorithms outside BSI-2009 */
export const XCP_CPB_ALG_NBSI2009 = 21;
/** HMAC keys shorter than half the digest */
export const XCP_CPB_KEYSZ_HMAC_ANY = 22;
/** strength below 80 bits */
export const XCP_CPB_KEYSZ_BELOW80BIT = 23;
/** strength 80 to 111 bits */
export const XCP_CPB_KEYSZ_80BIT = 24;
/** strength 112 to 127 bits */
export const XCP_CPB_KEYSZ_112BIT = 25;
/** strength 128 to 191 bits */
export const XCP_CPB_KEYSZ_128BIT = 26;
/** strength 192 to 255 bits */
export const XCP_CPB_KEYSZ_192BIT = 27;
/** strength of 256 bits */
export const XCP_CPB_KEYSZ_256BIT = 28;
/** RSA public exponents below 65537 */
export const XCP_CPB_KEYSZ_RSA65536 = 29;
/** RSA */
export const XCP_CPB_ALG_RSA = 30;
/** DSA */
export const XCP_CPB_ALG_DSA = 31;
/** elliptic-curve private keys */
export const XCP_CPB_ALG_EC = 32;
/** Brainpool curves */
export const XCP_CPB_ALG_EC_BPOOLCRV = 33;
/** NIST curves */
export const XCP_CPB_ALG_EC_NISTCRV = 34;
/** algorithms outside FIPS-2011 */
export const XCP_CPB_ALG_NFIPS2011 = 35;
/** algorithms outside BSI-2011 */
export const XCP_CPB_ALG_NBSI2011 = 36;
/** callers may set CKA_TRUSTED */
export const XCP_CPB_USER_SET_TRUSTED = 37;
/** results of signing and decrypting need not be checked */
export const XCP_CPB_ALG_SKIP_CROSSCHK = 38;
/** one key may encrypt or decrypt data and also wrap keys */
export const XCP_CPB_WRAP_CRYPT_KEYS = 39;
/** one key may encrypt or decrypt data and also sign */
export const XCP_CPB_SIGN_CRYPT_KEYS = 40;
/** one key may wrap keys and also sign */
export const XCP_CPB_WRAP_SIGN_KEYS = 41;
/** callers may set ATTRBOUND on public keys */
export const XCP_CPB_USER_SET_ATTRBOUND = 42;
/** passphrases in requests */
export const XCP_CPB_ALLOW_PASSPHRASE = 43;
/** a weaker KEK may wrap a stronger key */
export const XCP_CPB_WRAP_STRONGER_KEY = 44;
/** wrapping under a public key without MAC */
export const XCP_CPB_WRAP_WITH_RAW_SPKI = 45;
/** Diffie-Hellman */
export const XCP_CPB_ALG_DH = 46;
/** DeriveKey */
export const XCP_CPB_DERIVE = 47;
/** blobs that are not bound to a login session */
export const XCP_CPB_ALLOW_NONSESSION = 48;
/** 25519 and 448 curves */
export const XCP_CPB_ALG_EC_25519 = 55;
/** SECG curves such as secp256k1 */
export const XCP_CPB_ALG_EC_SECGCRV = 60;
/** algorithms outside BSI-2017 (RSA PKCS #1 v1.5 signatures) */
export const XCP_CPB_ALG_NBSI2017 = 61;
/** EMV */
export const XCP_CPB_EMV = 62;
/** EMV mixed with other functions */
export const XCP_CPB_EMV_MIX = 63;
/** protected-key creation */
export const XCP_CPB_CPACF_PK = 64;
/** post-quantum algorithms */
export const XCP_CPB_ALG_PQC = 65;
/** BIP32, SLIP-10 and EIP-2333 derivation */
export const XCP_CPB_BTC = 66;
/** curve signatures other than ECDSA and EdDSA */
export const XCP_CPB_ECDSA_OTHER = 67;
/** algorithms outside FIPS-2021 */
export const XCP_CPB_ALG_NFIPS2021 = 68;
/** algorithms outside FIPS-2024 */
export const XCP_CPB_ALG_NFIPS2024 = 69;
/** legacy SHA-3 defaults */
export const XCP_CPB_COMPAT_LEGACY_SHA3 = 70;
/** DSA parameter generation */
export const XCP_CPB_DSA_PARAMETER_GEN = 71;
/** deriving keys that are not attribute-bound from attribute-bound keys */
export const XCP_CPB_DERIVE_NON_AB_KEYS = 72;
/** login sessions older than FIPS-2021 */
export const XCP_CPB_ALLOW_LOGIN_PRE_F2021 = 73;
/** RSA-OAEP */
export const XCP_CPB_ALG_RSA_OAEP = 74;
/** EXTRACTABLE together with PROTKEY_EXTRACTABLE */
export const XCP_CPB_ALLOW_COMBINED_EXTRACT = 75;
/** pairing-friendly curves (BLS12-381) */
export const XCP_CPB_ALG_EC_PAIRING_FRIENDLY = 76;
/** Dilithium */
export const XCP_CPB_ALG_DILITHIUM = 77;
/** Kyber */
export const XCP_CPB_ALG_KYBER = 78;
/** ML-DSA */
export const XCP_CPB_ALG_ML_DSA = 79;
/** ML-KEM */
export const XCP_CPB_ALG_ML_KEM = 80;
