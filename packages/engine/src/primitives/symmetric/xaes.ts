/**
 * XAES-256-GCM (C2SP, c2sp.org/XAES-256-GCM). For each message, an AES key is derived from the key and the first half of the
 * nonce (SP 800-108r1 KDF in counter mode with CMAC); the second half is the nonce of GCM. Random nonces are safe for 2^80
 * messages.
 */
import { type Cipheriv, createCipheriv, type KeyObject } from "node:crypto";
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import type { AeadInputs } from "./ciphers.ts";

export const XAES_NONCE_BYTES = 24;
export const XAES_TAG_BYTES = 16;

const BLOCK_BYTES = 16;
const GCM_NONCE_AT = 12;

/** Holds an AES context for the derivation, so create one object per key and keep it. */
export class Xaes {
  /** ECB keeps no state between blocks, so one context serves all messages. */
  readonly #aes: Cipheriv;
  /** The two input blocks of the derivation, XORed with the CMAC subkey K1, without the nonce. */
  readonly #blocks: Uint8Array;

  /** `key` has 32 bytes. */
  constructor(key: KeyObject) {
    this.#aes = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    const k1 = doubled(this.#aes.update(new Uint8Array(BLOCK_BYTES)));
    this.#blocks = new Uint8Array(2 * BLOCK_BYTES);
    this.#blocks.set(k1, 0);
    this.#blocks.set(k1, BLOCK_BYTES);
    // The block begins with a 16-bit counter, the label "X" and the separator 0 (C2SP: M1 and M2).
    for (const [counter, at] of [
      [1, 0],
      [2, BLOCK_BYTES],
    ] as const) {
      this.#blocks[at + 1]! ^= counter;
      this.#blocks[at + 2]! ^= 0x58;
    }
  }

  /** Returns ciphertext ‖ tag. `nonce` has 24 bytes. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#withKey(nonce, aad, (inputs) => ciphersInUse().seal(inputs, plaintext));
  }

  /** Returns undefined if the tag is wrong. `sealed` is ciphertext ‖ tag. */
  open(nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
    if (nonce.length !== XAES_NONCE_BYTES || sealed.length < XAES_TAG_BYTES) return undefined;
    return this.#withKey(nonce, aad, (inputs) => ciphersInUse().open(inputs, sealed));
  }

  /** Runs `use` with the inputs of GCM for messages with this nonce, then wipes their key. */
  #withKey<T>(nonce: Uint8Array, aad: Uint8Array, use: (inputs: AeadInputs) => T): T {
    const blocks = this.#blocks.slice();
    for (let i = 0; i < GCM_NONCE_AT; i++) {
      blocks[4 + i]! ^= nonce[i]!;
      blocks[BLOCK_BYTES + 4 + i]! ^= nonce[i]!;
    }
    const key = this.#aes.update(blocks);
    blocks.fill(0);
    try {
      const gcmNonce = nonce.subarray(GCM_NONCE_AT, XAES_NONCE_BYTES);
      return use({ name: "aes-256-gcm", key, nonce: gcmNonce, aad, tagLength: XAES_TAG_BYTES });
    } finally {
      key.fill(0);
    }
  }
}

/** Multiplies by x in GF(2^128), as for CMAC's subkeys (SP 800-38B 6.1). */
function doubled(block: Uint8Array): Uint8Array {
  const carry = block[0]! >> 7;
  return block.map(
    (byte, i) => ((byte << 1) | ((block[i + 1] ?? 0) >> 7)) ^ (i === block.length - 1 ? carry * 0x87 : 0),
  );
}
