/**
 * GHASH (NIST SP 800-38D, 6.4) in parts. OpenSSL has it only inside GCM, so it hashes each part as the additional data of an
 * empty GCM message. This works because GHASH is linear in its state: continuing from Y over X1, X2 ... equals starting from
 * zero over Y^X1, X2 ... In the tag T = (Y' ^ L)·H ^ E(J0), where L has the lengths, everything is known except the new state
 * Y' = (T ^ E(J0))·H⁻¹ ^ L. Only that product is computed in JavaScript; its steps do not depend on the values.
 *
 * The state is version (1) ‖ H⁻¹ (16) ‖ Y (16) ‖ bytes so far (8) ‖ pending bytes, fewer than a block. It is as secret
 * as the key: with H⁻¹ anyone can forge tags.
 */
import { concatenate } from "@grep11/encoding";
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import { wipe } from "../wipe.ts";
import { encryptBlock } from "./block-cipher.ts";

const VERSION = 1;
const BLOCK_BYTES = 16;
const NOTHING = new Uint8Array(0);
const HASH_AT = 1 + BLOCK_BYTES;
const COUNT_AT = HASH_AT + BLOCK_BYTES;
const PENDING_AT = COUNT_AT + 8;
/** Any nonce would do, because its mask E(J0) is known and removed. */
const NONCE = new Uint8Array(12);
/** J0 of {@link NONCE} (SP 800-38D, 7.1, step 2). */
const FIRST_COUNTER = new Uint8Array(BLOCK_BYTES).with(-1, 1);

/** The AES key has 16, 24 or 32 bytes. */
export function ghashInit(key: Uint8Array): Uint8Array {
  const state = new Uint8Array(PENDING_AT);
  state[0] = VERSION;
  const h = encryptBlock("aes", key, new Uint8Array(BLOCK_BYTES));
  state.set(inverse(h), 1);
  h.fill(0);
  return state;
}

/** The other functions must only be called with states for which this returns true. */
export function isGhashState(state: Uint8Array): boolean {
  return (
    state[0] === VERSION &&
    state.length >= PENDING_AT &&
    state.length === PENDING_AT + (ghashBytes(state) % BLOCK_BYTES)
  );
}

/** How many bytes have been hashed. */
export function ghashBytes(state: Uint8Array): number {
  return Number(new DataView(state.buffer, state.byteOffset).getBigUint64(COUNT_AT));
}

/** Returns the state after `data`; `state` is not changed. */
export function ghashUpdate(key: Uint8Array, state: Uint8Array, data: Uint8Array): Uint8Array {
  const input = concatenate(state.subarray(PENDING_AT), data);
  const ready = input.length - (input.length % BLOCK_BYTES);
  const next = concatenate(state.subarray(0, PENDING_AT), input.subarray(ready));
  new DataView(next.buffer).setBigUint64(COUNT_AT, BigInt(ghashBytes(state) + data.length));
  if (ready > 0) next.set(hashBlocks(key, state, input.subarray(0, ready)), HASH_AT);
  return next;
}

/** Returns `state` after the zeros that pad the data so far to whole blocks. */
export function ghashPad(key: Uint8Array, state: Uint8Array): Uint8Array {
  const rest = ghashBytes(state) % BLOCK_BYTES;
  return rest === 0 ? state : ghashUpdate(key, state, new Uint8Array(BLOCK_BYTES - rest));
}

/** Returns GHASH of the data, which must be whole blocks, followed by the block `lengths`. */
export function ghashFinal(key: Uint8Array, state: Uint8Array, lengths: Uint8Array): Uint8Array {
  return hashBlocks(key, state, lengths.slice());
}

/** Returns the block that ends GCM's input: the lengths of additional data and ciphertext in bits (SP 800-38D, 7.1). */
export function lengthsBlock(aadBytes: number, cipheredBytes: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(block.buffer);
  view.setBigUint64(0, BigInt(aadBytes) * 8n);
  view.setBigUint64(8, BigInt(cipheredBytes) * 8n);
  return block;
}

/** Returns Y after `blocks`, which are overwritten. */
function hashBlocks(key: Uint8Array, state: Uint8Array, blocks: Uint8Array): Uint8Array {
  xorInto(blocks, state.subarray(HASH_AT, COUNT_AT));
  const inputs = { name: gcmName(key), key, nonce: NONCE, aad: blocks, tagLength: BLOCK_BYTES };
  const tag = ciphersInUse().seal(inputs, NOTHING);
  const mask = encryptBlock("aes", key, FIRST_COUNTER);
  xorInto(tag, mask);
  const hash = multiply(tag, state.subarray(1, HASH_AT));
  xorInto(hash, lengthsBlock(blocks.length, 0));
  wipe(tag, mask);
  return hash;
}

export function gcmName(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return `aes-${(key.length * 8) as 128 | 192 | 256}-gcm`;
}

/** XORs `mask` into the first bytes of `target`. */
export function xorInto(target: Uint8Array, mask: Uint8Array): void {
  for (const [index, byte] of mask.entries()) target[index]! ^= byte;
}

/** Returns x^(2^128 - 2) in the field of GHASH. For zero, which is H for one AES key in 2^128, the result is zero. */
function inverse(x: Uint8Array): Uint8Array {
  let power = x;
  let product = x;
  for (let square = 1; square < 127; square++) {
    power = multiply(power, power);
    product = multiply(product, power);
  }
  return multiply(product, product);
}

/** Multiplies in GF(2^128), where the first bit is the coefficient of x^0 (SP 800-38D, 6.3), with masks instead of branches. */
function multiply(x: Uint8Array, y: Uint8Array): Uint8Array {
  const factor = new DataView(y.buffer, y.byteOffset, BLOCK_BYTES);
  let [v0, v1, v2, v3] = [factor.getInt32(0), factor.getInt32(4), factor.getInt32(8), factor.getInt32(12)];
  let [z0, z1, z2, z3] = [0, 0, 0, 0];
  for (let bit = 0; bit < 128; bit++) {
    const selected = -((x[bit >> 3]! >> (7 - (bit & 7))) & 1);
    z0 ^= v0 & selected;
    z1 ^= v1 & selected;
    z2 ^= v2 & selected;
    z3 ^= v3 & selected;
    const reduction = -(v3 & 1) & 0xe1000000;
    v3 = (v3 >>> 1) | (v2 << 31);
    v2 = (v2 >>> 1) | (v1 << 31);
    v1 = (v1 >>> 1) | (v0 << 31);
    v0 = (v0 >>> 1) ^ reduction;
  }
  const product = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(product.buffer);
  for (const [index, word] of [z0, z1, z2, z3].entries()) view.setInt32(4 * index, word);
  return product;
}
