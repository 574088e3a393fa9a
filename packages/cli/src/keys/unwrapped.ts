/** Evaluates what UnwrapKey returns besides the blob. */

/**
 * Returns the public key of an unwrapped private key. The CheckSum of the private key is the MACed public key, followed by its
 * length in bits as four bytes.
 */
export function publicKeyOfCheckSum(checkSum: Uint8Array): { pub?: Uint8Array } {
  return checkSum.length > 4 && checkSum[0] === 0x30 ? { pub: checkSum.subarray(0, -4) } : {};
}
