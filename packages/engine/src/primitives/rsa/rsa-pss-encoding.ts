/** EMSA-PSS (RFC 8017, 9.1), with any pair of hashes and any salt length. */
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "@grep11/encoding";
import { hash } from "../hash/hash.ts";
import { applyMgf1 } from "./mgf1.ts";

interface PssScheme {
  readonly hash: ck.HashName;
  readonly mgf: ck.HashName;
  /** In bytes. */
  readonly saltLength: number;
}

const TRAILER = 0xbc;

/** Returns the maximum length of the salt in bytes; negative if the hash alone is too long for the modulus. */
export function maxPssSalt(name: ck.HashName, modulusBits: number): number {
  return Math.ceil((modulusBits - 1) / 8) - ck.HASHES[name].bytes - 2;
}

/** The result is as long as the modulus. `salt` has at most {@link maxPssSalt} bytes. */
export function encodePss(scheme: PssScheme, digest: Uint8Array, modulusBits: number, salt: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(Math.ceil(modulusBits / 8));
  const { block, digestPart, unusedBits } = parts(scheme, encoded, modulusBits);
  block[block.length - salt.length - 1] = 1;
  block.set(salt, block.length - salt.length);
  digestPart.set(saltedDigest(scheme, digest, salt));
  applyMgf1(scheme.mgf, digestPart, block);
  block[0]! &= 0xff >> unusedBits;
  encoded[encoded.length - 1] = TRAILER;
  return encoded;
}

/** `encoded` must be as long as the modulus. It is unmasked in place. */
export function verifyPss(scheme: PssScheme, digest: Uint8Array, modulusBits: number, encoded: Uint8Array): boolean {
  const { head, block, digestPart, unusedBits } = parts(scheme, encoded, modulusBits);
  if (head.some((byte) => byte !== 0) || encoded.at(-1) !== TRAILER) return false;
  if (block[0]! >> (8 - unusedBits) !== 0) return false;
  applyMgf1(scheme.mgf, digestPart, block);
  block[0]! &= 0xff >> unusedBits;
  const one = block.length - scheme.saltLength - 1;
  if (block.subarray(0, one).some((byte) => byte !== 0) || block[one] !== 1) return false;
  return equalBytes(saltedDigest(scheme, digest, block.subarray(one + 1)), digestPart);
}

function saltedDigest(scheme: PssScheme, digest: Uint8Array, salt: Uint8Array): Uint8Array {
  const input = new Uint8Array(8 + digest.length + salt.length);
  input.set(digest, 8);
  input.set(salt, 8 + digest.length);
  return hash(scheme.hash, input);
}

/** The encoding has one bit less than the modulus, so `head` is a zero byte or empty. `block` begins with unused bits. */
function parts(scheme: PssScheme, encoded: Uint8Array, modulusBits: number) {
  const length = Math.ceil((modulusBits - 1) / 8);
  const start = encoded.length - length;
  const end = encoded.length - ck.HASHES[scheme.hash].bytes - 1;
  return {
    head: encoded.subarray(0, start),
    block: encoded.subarray(start, end),
    digestPart: encoded.subarray(end, -1),
    unusedBits: length * 8 - (modulusBits - 1),
  };
}
