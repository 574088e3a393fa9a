/** ChaCha20-Poly1305 (RFC 8439, 2.8). OpenSSL processes whole messages; encryption in parts uses ChaCha20 and poly1305.ts. */
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import type { Aead } from "./aead.ts";
import { chacha20 } from "./chacha20.ts";
import { isPoly1305State, poly1305Bytes, poly1305Final, poly1305Init, poly1305Update } from "./poly1305.ts";

const NAME = "chacha20-poly1305";
const BLOCK_BYTES = 16;
const TAG_BYTES = 16;
/** Block 0 of the keystream contains the key of Poly1305; the message begins after it. */
const MESSAGE_OFFSET = 64;
/** From RFC 8439, 2.8. */
const MAX_BYTES = 64 * (2 ** 32 - 1);

export interface ChaChaPolyParameter {
  /** The nonce has 12 bytes and must never be reused with the same key. */
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
}

function seal(key: Uint8Array, { nonce, aad }: ChaChaPolyParameter, plain: Uint8Array): Uint8Array {
  return ciphersInUse().seal({ name: NAME, key, nonce, aad, tagLength: TAG_BYTES }, plain);
}

function open(key: Uint8Array, { nonce, aad }: ChaChaPolyParameter, sealed: Uint8Array): Uint8Array | undefined {
  return ciphersInUse().open({ name: NAME, key, nonce, aad, tagLength: TAG_BYTES }, sealed);
}

/** Returns the first state. A state is Poly1305's state after the additional data and the ciphertext so far. */
function init(key: Uint8Array, parameter: ChaChaPolyParameter): Uint8Array {
  return withMacKey(key, parameter, (macKey) => padded(macKey, poly1305Update(macKey, poly1305Init(), parameter.aad)));
}

function isState(state: Uint8Array, parameter: ChaChaPolyParameter): boolean {
  return isPoly1305State(state) && bytesSeen(state, parameter) >= 0;
}

function bytesSeen(state: Uint8Array, { aad }: ChaChaPolyParameter): number {
  return poly1305Bytes(state) - Math.ceil(aad.length / BLOCK_BYTES) * BLOCK_BYTES;
}

function update(
  key: Uint8Array,
  parameter: ChaChaPolyParameter,
  state: Uint8Array,
  plain: Uint8Array,
): { state: Uint8Array; ciphered: Uint8Array } {
  const offset = MESSAGE_OFFSET + bytesSeen(state, parameter);
  const ciphered = chacha20(key, messageStart(parameter), offset, plain);
  return withMacKey(key, parameter, (macKey) => ({ state: poly1305Update(macKey, state, ciphered), ciphered }));
}

function final(key: Uint8Array, parameter: ChaChaPolyParameter, state: Uint8Array): Uint8Array {
  const lengths = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(lengths.buffer);
  view.setBigUint64(0, BigInt(parameter.aad.length), true);
  view.setBigUint64(8, BigInt(bytesSeen(state, parameter)), true);
  return withMacKey(key, parameter, (macKey) =>
    poly1305Final(macKey, poly1305Update(macKey, padded(macKey, state), lengths)),
  );
}

/** Returns `state` after the zeros that pad the data so far to whole blocks. */
function padded(macKey: Uint8Array, state: Uint8Array): Uint8Array {
  const rest = poly1305Bytes(state) % BLOCK_BYTES;
  return rest === 0 ? state : poly1305Update(macKey, state, new Uint8Array(BLOCK_BYTES - rest));
}

function messageStart({ nonce }: ChaChaPolyParameter) {
  return { counter: 0n, counterBits: 32, nonce } as const;
}

/** Runs `use` with the key of Poly1305 (RFC 8439, 2.6), then wipes that key. */
function withMacKey<T>(key: Uint8Array, parameter: ChaChaPolyParameter, use: (macKey: Uint8Array) => T): T {
  const macKey = chacha20(key, messageStart(parameter), 0, new Uint8Array(32));
  const result = use(macKey);
  macKey.fill(0);
  return result;
}

export const chachaPoly: Aead<ChaChaPolyParameter> = {
  maxBytes: MAX_BYTES,
  tagBytes: () => TAG_BYTES,
  seal,
  open,
  init,
  isState,
  bytesSeen,
  update,
  final,
};
