/** AES and triple DES in ECB and CBC mode on whole blocks, and PKCS #7 padding. */
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import type { Direction } from "./ciphers.ts";

/** Keys of `des3` consist of two DES keys (K1, K2, K1) or three. */
export type BlockCipher = "aes" | "des3";

/** Block length in bytes. */
export const BLOCK_BYTES = { aes: 16, des3: 8 } as const satisfies Record<BlockCipher, number>;

const DES_NAMES: ReadonlyMap<number, string> = new Map([
  [16, "des-ede"],
  [24, "des-ede3"],
]);

/** `data` must be whole blocks. Without `iv`, the mode is ECB. `key` has 16, 24 or 32 bytes (AES), 16 or 24 (triple DES). */
export function crypt(
  direction: Direction,
  cipher: BlockCipher,
  key: Uint8Array,
  iv: Uint8Array | undefined,
  data: Uint8Array,
): Uint8Array {
  const family = cipher === "aes" ? `aes-${key.length * 8}` : DES_NAMES.get(key.length)!;
  return ciphersInUse().crypt(`${family}-${iv === undefined ? "ecb" : "cbc"}`, direction, key, iv, data);
}

export function encryptBlock(cipher: BlockCipher, key: Uint8Array, block: Uint8Array): Uint8Array {
  return crypt("encrypt", cipher, key, undefined, block);
}

/** Adds 1 to `blockBytes` bytes of padding, so that `data` becomes whole blocks (RFC 5652, 6.3). */
export function padded(data: Uint8Array, blockBytes: number): Uint8Array {
  const length = blockBytes - (data.length % blockBytes);
  const whole = new Uint8Array(data.length + length).fill(length, data.length);
  whole.set(data);
  return whole;
}

/** Returns how many bytes are padding; 0 if the padding is malformed. The steps do not depend on the content. */
export function paddingLength(block: Uint8Array): number {
  const length = block.at(-1)!;
  let wrong = (length - 1) | (block.length - length);
  for (let index = 0; index < block.length; index++) {
    const isPadding = (block.length - 1 - index - length) >> 31;
    wrong |= -(isPadding & (block[index]! ^ length));
  }
  return length & ~(wrong >> 31);
}
