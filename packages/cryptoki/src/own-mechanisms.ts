/**
 * Mechanisms that are specific to this project, because neither PKCS #11 nor IBM has a number for them. They begin at
 * 0x80110000 in the vendor space, which no published header uses.
 */

/**
 * Schnorr signatures over secp256k1 as in Bitcoin (BIP-340), without a parameter. The message may have any length; the signature
 * has 64 bytes. The public key is the x coordinate of an ordinary secp256k1 key.
 */
export const CKM_GREP11_SCHNORR_BIP340 = 0x80110001;
