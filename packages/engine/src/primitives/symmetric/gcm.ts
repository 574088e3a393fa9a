/**
 * AES-GCM (NIST SP 800-38D). OpenSSL processes whole messages. Encryption in parts, and initialisation vectors that are too
 * long for OpenSSL, use OpenSSL's counter mode and ghash.ts.
 */

import { timingSafeEqual } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import type { Aead } from "./aead.ts";
import { encryptBlock } from "./block-cipher.ts";
import { aesCtr } from "./counter-mode.ts";
import * as ghash from "./ghash.ts";

const BLOCK_BYTES = 16;
const VERSION = 1;
const HASH_AT = 1 + BLOCK_BYTES;
/** The longest initialisation vector that OpenSSL accepts. */
const OPENSSL_IV_BYTES = 128;
/** From SP 800-38D, 5.2.1.1. */
const MAX_BYTES = 2 ** 36 - 32;

export interface GcmParameter {
  /** The initialisation vector has at least one byte and must never be reused with the same key. */
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  /** 12 to 16 bytes. */
  readonly tagLength: number;
}

function seal(key: Uint8Array, parameter: GcmParameter, plain: Uint8Array): Uint8Array {
  const { iv, aad, tagLength } = parameter;
  if (iv.length > OPENSSL_IV_BYTES) {
    const { state, ciphered } = update(key, parameter, init(key, parameter), plain);
    return concatenate(ciphered, final(key, parameter, state));
  }
  return ciphersInUse().seal({ name: ghash.gcmName(key), key, nonce: iv, aad, tagLength }, plain);
}

function open(key: Uint8Array, parameter: GcmParameter, sealed: Uint8Array): Uint8Array | undefined {
  const { iv, aad, tagLength } = parameter;
  if (iv.length > OPENSSL_IV_BYTES) {
    const ciphered = sealed.subarray(0, sealed.length - tagLength);
    const tag = sealed.subarray(ciphered.length);
    const state = init(key, parameter);
    const hashed = concatenate(state.subarray(0, HASH_AT), ghash.ghashUpdate(key, state.subarray(HASH_AT), ciphered));
    if (!timingSafeEqual(final(key, parameter, hashed), tag)) return undefined;
    return keystream(key, state, 0, ciphered);
  }
  return ciphersInUse().open({ name: ghash.gcmName(key), key, nonce: iv, aad, tagLength }, sealed);
}

/** Returns version (1) ‖ J0 (16) ‖ state of GHASH. */
function init(key: Uint8Array, { iv, aad }: GcmParameter): Uint8Array {
  const fresh = ghash.ghashInit(key);
  const state = ghash.ghashPad(key, ghash.ghashUpdate(key, fresh, aad));
  return concatenate(Uint8Array.of(VERSION), firstCounter(key, fresh, iv), state);
}

function isState(state: Uint8Array, parameter: GcmParameter): boolean {
  return state[0] === VERSION && ghash.isGhashState(state.subarray(HASH_AT)) && bytesSeen(state, parameter) >= 0;
}

function bytesSeen(state: Uint8Array, { aad }: GcmParameter): number {
  return ghash.ghashBytes(state.subarray(HASH_AT)) - Math.ceil(aad.length / BLOCK_BYTES) * BLOCK_BYTES;
}

function update(
  key: Uint8Array,
  parameter: GcmParameter,
  state: Uint8Array,
  plain: Uint8Array,
): { state: Uint8Array; ciphered: Uint8Array } {
  const ciphered = keystream(key, state, bytesSeen(state, parameter), plain);
  const hashed = ghash.ghashUpdate(key, state.subarray(HASH_AT), ciphered);
  return { state: concatenate(state.subarray(0, HASH_AT), hashed), ciphered };
}

function final(key: Uint8Array, parameter: GcmParameter, state: Uint8Array): Uint8Array {
  const lengths = ghash.lengthsBlock(parameter.aad.length, bytesSeen(state, parameter));
  const tag = ghash.ghashFinal(key, ghash.ghashPad(key, state.subarray(HASH_AT)), lengths);
  ghash.xorInto(tag, encryptBlock("aes", key, state.subarray(1, HASH_AT)));
  return tag.subarray(0, parameter.tagLength);
}

/** Encrypts or decrypts a message from byte `offset` on. The counters start after J0. */
function keystream(key: Uint8Array, state: Uint8Array, offset: number, data: Uint8Array): Uint8Array {
  return aesCtr(key, { block: state.subarray(1, HASH_AT), counterBits: 32 }, BLOCK_BYTES + offset, data);
}

/** Computes J0 (SP 800-38D, 7.1, step 2). */
function firstCounter(key: Uint8Array, fresh: Uint8Array, iv: Uint8Array): Uint8Array {
  if (iv.length === 12) return concatenate(iv, Uint8Array.of(0, 0, 0, 1));
  return ghash.ghashFinal(
    key,
    ghash.ghashPad(key, ghash.ghashUpdate(key, fresh, iv)),
    ghash.lengthsBlock(0, iv.length),
  );
}

export const gcm: Aead<GcmParameter> = {
  maxBytes: MAX_BYTES,
  tagBytes: ({ tagLength }) => tagLength,
  seal,
  open,
  init,
  isState,
  bytesSeen,
  update,
  final,
};
