/** AES and triple DES in ECB and CBC mode on whole blocks, and PKCS #7 padding; OpenSSL does the encryption. */
import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from "node:crypto";
import { secretKeyObject } from "../keys/key-objects.ts";

/** Keys of `des3` consist of two DES keys (K1, K2, K1) or three. */
export type BlockCipher = "aes" | "des3";

export type Direction = "encrypt" | "decrypt";

/** Block length in bytes. */
export const BLOCK_BYTES = { aes: 16, des3: 8 } as const satisfies Record<BlockCipher, number>;

const DES_NAMES: ReadonlyMap<number, string> = new Map([
  [16, "des-ede"],
  [24, "des-ede3"],
]);

/**
 * Encrypts or decrypts `data`, which must be whole blocks, in CBC mode if there is an `iv` of one block, otherwise in ECB
 * mode. `key` has 16, 24 or 32 bytes (AES), 16 or 24 (triple DES).
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
  if (iv !== undefined && data.length <= CHAINED_BYTES && data.length % iv.length === 0) {
    return chained(direction, `${family}-cbc`, key, iv, data);
  }
  return bytesOf(createCipher(direction, `${family}-${iv === undefined ? "ecb" : "cbc"}`, key, iv).update(data));
}

/** Maximum length in bytes of messages whose copy costs less than a new cipher in OpenSSL. */
const CHAINED_BYTES = 16 * 1024;

/** A cipher in CBC mode that is used for many messages, and the last block of ciphertext, to which the next block is chained. */
interface Chain {
  readonly name: string;
  readonly cipher: Cipheriv | Decipheriv;
  readonly last: Uint8Array;
}

/** Ciphers by the array with the bytes of their key. They exist as long as that array. */
const chains: Readonly<Record<Direction, WeakMap<Uint8Array, Chain>>> = {
  encrypt: new WeakMap(),
  decrypt: new WeakMap(),
};
const plain = new Uint8Array(CHAINED_BYTES);

/**
 * Encrypts or decrypts whole blocks in CBC mode with the cipher of the previous message, because creating a new cipher costs
 * more than encrypting a kilobyte. XORing the first block of plaintext with both `iv` and the last block replaces the
 * cipher's chaining value.
 */
function chained(direction: Direction, name: string, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const chain = chainOf(direction, name, key, iv.length);
  try {
    return direction === "encrypt" ? encryptOn(chain, iv, data) : decryptOn(chain, iv, data);
  } catch (error) {
    // After an error, the cipher's chaining value may no longer be `last`.
    chains[direction].delete(key);
    throw error;
  }
}

function decryptOn({ cipher, last }: Chain, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const output = bytesOf(cipher.update(data));
  turn(output, last, iv);
  last.set(data.subarray(-iv.length));
  return output;
}

function encryptOn({ cipher, last }: Chain, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const input = plain.subarray(0, data.length);
  input.set(data);
  turn(input, last, iv);
  const output = bytesOf(cipher.update(input));
  input.fill(0);
  last.set(output.subarray(-iv.length));
  return output;
}

function turn(plainText: Uint8Array, last: Uint8Array, iv: Uint8Array): void {
  for (let at = 0; at < iv.length; at++) plainText[at]! ^= last[at]! ^ iv[at]!;
}

function chainOf(direction: Direction, name: string, key: Uint8Array, blockBytes: number): Chain {
  const known = chains[direction].get(key);
  if (known?.name === name) return known;
  const last = new Uint8Array(blockBytes);
  const chain = { name, cipher: createCipher(direction, name, key, last), last };
  chains[direction].set(key, chain);
  return chain;
}

function createCipher(direction: Direction, name: string, key: Uint8Array, iv: Uint8Array | undefined) {
  const create = direction === "encrypt" ? createCipheriv : createDecipheriv;
  return create(name, secretKeyObject(key), iv ?? null).setAutoPadding(false);
}

function bytesOf(output: Buffer): Uint8Array {
  return new Uint8Array(output.buffer, output.byteOffset, output.length);
}

/** Encrypts one block in ECB mode. */
export function encryptBlock(cipher: BlockCipher, key: Uint8Array, block: Uint8Array): Uint8Array {
  return crypt("encrypt", cipher, key, undefined, block);
}

/** Returns a copy of `data` with 1 to `blockBytes` bytes of padding, which make it whole blocks (RFC 5652, 6.3). */
export function padded(data: Uint8Array, blockBytes: number): Uint8Array {
  const length = blockBytes - (data.length % blockBytes);
  const whole = new Uint8Array(data.length + length).fill(length, data.length);
  whole.set(data);
  return whole;
}

/**
 * Returns how many bytes of the last block are padding; 0 if the padding is malformed. The steps do not depend on the
 * content.
 */
export function paddingLength(block: Uint8Array): number {
  const length = block.at(-1)!;
  let wrong = (length - 1) | (block.length - length);
  for (let index = 0; index < block.length; index++) {
    const isPadding = (block.length - 1 - index - length) >> 31;
    wrong |= -(isPadding & (block[index]! ^ length));
  }
  return length & ~(wrong >> 31);
}
