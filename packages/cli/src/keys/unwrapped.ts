/** What UnwrapKey returns besides the blob. */

/**
 * The public half and the bit count of an unwrapped private key: its CheckSum is the MACed public key and four bytes that
 * count the bits (decisions of EP11's check values).
 */
export function publicKeyOfCheckSum(checkSum: Uint8Array): { pub?: Uint8Array } {
  return checkSum.length > 4 && checkSum[0] === 0x30 ? { pub: checkSum.subarray(0, -4) } : {};
}
