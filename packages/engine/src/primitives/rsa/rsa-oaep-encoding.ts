/** EME-OAEP (RFC 8017, 7.1), with any pair of hashes. */
import { timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { hash } from "../hash/hash.ts";
import { applyMgf1 } from "./mgf1.ts";

interface OaepScheme {
  readonly hash: ck.HashName;
  readonly mgf: ck.HashName;
  readonly label: Uint8Array;
}

/** Returns the maximum length in bytes for a modulus of `length` bytes. It is negative if not even an empty message fits. */
export function maxOaepMessage(scheme: OaepScheme, length: number): number {
  return length - 2 * ck.HASHES[scheme.hash].bytes - 2;
}

/** `seed` is as long as the hash; the message must not be longer than {@link maxOaepMessage}. */
export function encodeOaep(scheme: OaepScheme, message: Uint8Array, length: number, seed: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(length);
  const { maskedSeed, block } = parts(scheme, encoded);
  maskedSeed.set(seed);
  block.set(hash(scheme.hash, scheme.label));
  block[block.length - message.length - 1] = 1;
  block.set(message, block.length - message.length);
  applyMgf1(scheme.mgf, maskedSeed, block);
  applyMgf1(scheme.mgf, block, maskedSeed);
  return encoded;
}

/**
 * Unmasks an encoding in place and returns its message; undefined if anything is wrong. All checks are made in any case, so
 * that the time does not reveal which one failed (Manger's attack).
 */
export function decodeOaep(scheme: OaepScheme, encoded: Uint8Array): Uint8Array | undefined {
  const hashBytes = ck.HASHES[scheme.hash].bytes;
  if (maxOaepMessage(scheme, encoded.length) < 0) return undefined;
  const { maskedSeed, block } = parts(scheme, encoded);
  applyMgf1(scheme.mgf, block, maskedSeed);
  applyMgf1(scheme.mgf, maskedSeed, block);
  let wrong = encoded[0]! | Number(!timingSafeEqual(block.subarray(0, hashBytes), hash(scheme.hash, scheme.label)));
  let start = 0;
  let searching = -1;
  for (let index = hashBytes; index < block.length; index++) {
    const byte = block[index]!;
    const isOne = ((byte ^ 1) - 1) >> 31;
    const isZero = (byte - 1) >> 31;
    start |= searching & isOne & (index + 1);
    wrong |= searching & ~isOne & ~isZero;
    searching &= ~isOne;
  }
  wrong |= searching;
  return wrong === 0 ? block.subarray(start) : undefined;
}

function parts(scheme: OaepScheme, encoded: Uint8Array): { maskedSeed: Uint8Array; block: Uint8Array } {
  const hashBytes = ck.HASHES[scheme.hash].bytes;
  return { maskedSeed: encoded.subarray(1, 1 + hashBytes), block: encoded.subarray(1 + hashBytes) };
}
