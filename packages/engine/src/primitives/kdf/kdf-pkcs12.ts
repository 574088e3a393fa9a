/** Key derivation of PKCS #12 (RFC 7292, appendix B.2) with SHA-1. */
import { hash } from "../hash/hash.ts";

/** What the derived bytes are used for. The same password and salt give different bytes for each purpose. */
export const PKCS12_KEY = 1;
export const PKCS12_IV = 2;

const DIGEST_BYTES = 20;
const BLOCK_BYTES = 64;

/** `password` must be in PKCS #12's form: two bytes per character, followed by two zeros. */
export function derivePkcs12(
  purpose: typeof PKCS12_KEY | typeof PKCS12_IV,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array {
  const output = new Uint8Array(length);
  const [saltBytes, passwordBytes] = [salt, password].map((part) => Math.ceil(part.length / BLOCK_BYTES) * BLOCK_BYTES);
  const input = new Uint8Array(BLOCK_BYTES + saltBytes! + passwordBytes!).fill(purpose, 0, BLOCK_BYTES);
  repeatInto(input.subarray(BLOCK_BYTES, BLOCK_BYTES + saltBytes!), salt);
  repeatInto(input.subarray(BLOCK_BYTES + saltBytes!), password);
  for (let offset = 0; offset < length; offset += DIGEST_BYTES) {
    let digest = hash("sha1", input);
    for (let round = 1; round < iterations; round++) digest = hash("sha1", digest);
    output.set(digest.subarray(0, length - offset), offset);
    const addend = new Uint8Array(BLOCK_BYTES);
    repeatInto(addend, digest);
    for (let at = BLOCK_BYTES; at < input.length; at += BLOCK_BYTES)
      addPlusOne(input.subarray(at, at + BLOCK_BYTES), addend);
  }
  input.fill(0);
  return output;
}

function repeatInto(target: Uint8Array, pattern: Uint8Array): void {
  for (let at = 0; at < target.length; at++) target[at] = pattern[at % pattern.length]!;
}

/** Adds `addend` and 1 to `block`, both big-endian, and drops what does not fit. */
function addPlusOne(block: Uint8Array, addend: Uint8Array): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    const sum = block[at]! + addend[at]! + carry;
    block[at] = sum;
    carry = sum >> 8;
  }
}
