/**
 * Mechanisms of this project's own, for what neither PKCS #11 nor IBM has a number. They lie in the vendor space at
 * 0x80110000, which no published header uses.
 */

/**
 * Schnorr signatures over secp256k1 as Bitcoin has them (BIP-340): SignSingle and its kin take the message itself, of any
 * length; signatures have 64 bytes; no parameter. The public key is the x coordinate of an ordinary secp256k1 key.
 */
export const CKM_GREP11_SCHNORR_BIP340 = 0x80110001;
