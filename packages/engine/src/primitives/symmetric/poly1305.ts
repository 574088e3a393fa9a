/**
 * Poly1305 (RFC 8439, 2.5) for messages in parts. OpenSSL cannot do this, because the form of its running state depends on the
 * processor. Numbers are ten limbs of 13 bits, so that every sum is an exact integer; no step depends on a value.
 *
 * The state is version (1) ‖ accumulator (17, little-endian, below 2^130 - 5) ‖ bytes so far (8) ‖ pending bytes, fewer than
 * a block. The key (r, s) is an argument of every call.
 */
import { concatenate } from "@grep11/encoding";
import { wipe } from "../wipe.ts";

const VERSION = 1;
const BLOCK_BYTES = 16;
const COUNT_AT = 18;
const PENDING_AT = COUNT_AT + 8;
const LIMBS = 10;
const LIMB_BITS = 13;
const LIMB = 2 ** LIMB_BITS;

export function poly1305Init(): Uint8Array {
  const state = new Uint8Array(PENDING_AT);
  state[0] = VERSION;
  return state;
}

/** The other functions must only be called with states for which this returns true. */
export function isPoly1305State(state: Uint8Array): boolean {
  return (
    state[0] === VERSION &&
    state.length >= PENDING_AT &&
    state.length === PENDING_AT + (poly1305Bytes(state) % BLOCK_BYTES)
  );
}

/** How many bytes have been processed. */
export function poly1305Bytes(state: Uint8Array): number {
  return Number(new DataView(state.buffer, state.byteOffset).getBigUint64(COUNT_AT));
}

/** Returns the state after `data`. `key` is r ‖ s (32 bytes). */
export function poly1305Update(key: Uint8Array, state: Uint8Array, data: Uint8Array): Uint8Array {
  const input = concatenate(state.subarray(PENDING_AT), data);
  const ready = input.length - (input.length % BLOCK_BYTES);
  const next = concatenate(state.subarray(0, PENDING_AT), input.subarray(ready));
  new DataView(next.buffer).setBigUint64(COUNT_AT, BigInt(poly1305Bytes(state) + data.length));
  next.set(absorb(key, state, input.subarray(0, ready), BLOCK_BYTES), 1);
  return next;
}

export function poly1305Final(key: Uint8Array, state: Uint8Array): Uint8Array {
  const pending = state.subarray(PENDING_AT);
  const tag = absorb(key, state, pending, pending.length).subarray(0, BLOCK_BYTES);
  let carry = 0;
  for (const [index, byte] of tag.entries()) {
    carry += byte + key[BLOCK_BYTES + index]!;
    tag[index] = carry;
    carry >>= 8;
  }
  return tag;
}

/** Returns the accumulator after `data`, which consists of blocks of `blockBytes` bytes. */
function absorb(key: Uint8Array, state: Uint8Array, data: Uint8Array, blockBytes: number): Uint8Array {
  const sum = toLimbs(state.subarray(1, COUNT_AT));
  const r = multiplier(key);
  const block = new Uint8Array(blockBytes + 1);
  block[blockBytes] = 1;
  for (let at = 0; at < data.length; at += blockBytes) {
    block.set(data.subarray(at, at + blockBytes));
    addLimbs(sum, block);
    multiply(sum, r);
  }
  reduce(sum);
  const accumulator = fromLimbs(sum);
  wipe(block);
  sum.fill(0);
  r.fill(0);
  return accumulator;
}

/** Returns r in limbs, clamped, preceded by the same limbs times five, because 2^130 is 5 modulo 2^130 - 5. */
function multiplier(key: Uint8Array): Float64Array {
  const clamped = key.slice(0, BLOCK_BYTES);
  for (const index of [3, 7, 11, 15]) clamped[index]! &= 15;
  for (const index of [4, 8, 12]) clamped[index]! &= 252;
  const r = toLimbs(clamped);
  const both = new Float64Array(2 * LIMBS);
  both.set(r.map((limb) => 5 * limb));
  both.set(r, LIMBS);
  clamped.fill(0);
  r.fill(0);
  return both;
}

/** Replaces `sum` by sum · r modulo 2^130 - 5. Every limb is then below 2^13 except the first, which may be slightly larger. */
function multiply(sum: Float64Array, r: Float64Array): void {
  const [s0, s1, s2, s3, s4] = [sum[0]!, sum[1]!, sum[2]!, sum[3]!, sum[4]!];
  const [s5, s6, s7, s8, s9] = [sum[5]!, sum[6]!, sum[7]!, sum[8]!, sum[9]!];
  for (let limb = 0; limb < LIMBS; limb++) {
    const at = LIMBS + limb;
    sum[limb] =
      s0 * r[at]! +
      s1 * r[at - 1]! +
      s2 * r[at - 2]! +
      s3 * r[at - 3]! +
      s4 * r[at - 4]! +
      s5 * r[at - 5]! +
      s6 * r[at - 6]! +
      s7 * r[at - 7]! +
      s8 * r[at - 8]! +
      s9 * r[at - 9]!;
  }
  carryOver(sum);
  carryOver(sum);
}

/** Carries from each limb to the next; the carry from the last limb is added to the first one five times. */
function carryOver(sum: Float64Array): void {
  let carry = 0;
  for (let limb = 0; limb < LIMBS; limb++) {
    const total = sum[limb]! + carry;
    carry = Math.floor(total / LIMB);
    sum[limb] = total - carry * LIMB;
  }
  sum[0]! += 5 * carry;
}

/** Replaces `sum` by the canonical number below 2^130 - 5: `sum` itself, or sum + 5 - 2^130 if that is not negative. */
function reduce(sum: Float64Array): void {
  carryOver(sum);
  const less = sum.slice();
  less[0]! += 5;
  let carry = 0;
  for (let limb = 0; limb < LIMBS; limb++) {
    const total = less[limb]! + carry;
    carry = Math.floor(total / LIMB);
    less[limb] = total - carry * LIMB;
  }
  for (let limb = 0; limb < LIMBS; limb++) sum[limb] = carry * less[limb]! + (1 - carry) * sum[limb]!;
  less.fill(0);
}

/** Converts at most 17 little-endian bytes to limbs. */
function toLimbs(bytes: Uint8Array): Float64Array {
  const limbs = new Float64Array(LIMBS);
  addLimbs(limbs, bytes);
  return limbs;
}

/** Adds at most 17 little-endian bytes without carrying. */
function addLimbs(sum: Float64Array, bytes: Uint8Array): void {
  for (let limb = 0; limb < LIMBS; limb++) {
    const bit = limb * LIMB_BITS;
    const at = bit >> 3;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    sum[limb]! += (word >> (bit & 7)) & (LIMB - 1);
  }
}

/** Converts limbs, which must be below 2^13, to 17 little-endian bytes. */
function fromLimbs(limbs: Float64Array): Uint8Array {
  const bytes = new Uint8Array(17);
  for (let limb = 0; limb < LIMBS; limb++) {
    const bit = limb * LIMB_BITS;
    const word = limbs[limb]! << (bit & 7);
    const at = bit >> 3;
    for (let byte = 0; byte < 3 && at + byte < bytes.length; byte++) bytes[at + byte]! |= (word >> (8 * byte)) & 0xff;
  }
  return bytes;
}
