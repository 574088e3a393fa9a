/** AES and triple DES in ECB and CBC over whole blocks, and PKCS #7 padding; OpenSSL does the work. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { secretKeyObject } from "./key-objects.ts";

/** `des3` takes keys of two parts (K1, K2, K1) and of three. */
export type BlockCipher = "aes" | "des3";

export type Direction = "encrypt" | "decrypt";

/** Block length in bytes. */
export const BLOCK_BYTES = { aes: 16, des3: 8 } as const satisfies Record<BlockCipher, number>;

const DES_NAMES: ReadonlyMap<number, string> = new Map([
  [16, "des-ede"],
  [24, "des-ede3"],
]);

/**
 * `data`, a whole number of blocks, through the cipher: CBC if there is an `iv` of one block, else ECB. `key` has 16, 24
 * or 32 bytes (AES), 16 or 24 (triple DES).
 */
export function crypt(
  direction: Direction,
  cipher: BlockCipher,
  key: Uint8Array,
  iv: Uint8Array | undefined,
  data: Uint8Array,
): Uint8Array {
  if (data.length === 0) return new Uint8Array(0);
  const family = cipher === "aes" ? `aes-${key.length * 8}` : DES_NAMES.get(key.length)!;
  const name = `${family}-${iv === undefined ? "ecb" : "cbc"}`;
  const create = direction === "encrypt" ? createCipheriv : createDecipheriv;
  const output = create(name, secretKeyObject(key), iv ?? null)
    .setAutoPadding(false)
    .update(data);
  return new Uint8Array(output.buffer, output.byteOffset, output.length);
}

/** One block in ECB mode. */
export function encryptBlock(cipher: BlockCipher, key: Uint8Array, block: Uint8Array): Uint8Array {
  return crypt("encrypt", cipher, key, undefined, block);
}

/** A copy of `data` completed to whole blocks by 1 to `blockBytes` bytes of padding (RFC 5652, 6.3). */
export function padded(data: Uint8Array, blockBytes: number): Uint8Array {
  const length = blockBytes - (data.length % blockBytes);
  const whole = new Uint8Array(data.length + length).fill(length, data.length);
  whole.set(data);
  return whole;
}

/** How many bytes of the last block are padding; 0 if it is no padding. Takes the same steps for every content. */
export function paddingLength(block: Uint8Array): number {
  const length = block.at(-1)!;
  let wrong = (length - 1) | (block.length - length);
  for (const [index, byte] of block.entries()) {
    const isPadding = (block.length - 1 - index - length) >> 31;
    wrong |= -(isPadding & (byte ^ length));
  }
  return length & ~(wrong >> 31);
}
