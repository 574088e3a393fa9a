/** Master keys (EP11: wrapping keys, WK) and the keys derived from them (docs/reference/security.md#blob-encryption). */

import { createSecretKey, hash, hkdfSync, type KeyObject } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, equalBytes } from "@grep11/encoding";
import { Xaes } from "../primitives/symmetric/xaes.ts";

export const MASTER_KEY_BYTES = 32;
const WKID_BYTES = 16;

const SALT = "grep11 mk v1";
/** Each domain has its own master key, so the domain number is always 0. */
const DOMAIN = Uint8Array.of(0, 0, 0, 0);

/** Returns SHA-256(0x01 || key), by which people compare master keys and their parts (docs/reference/ep11.md#master-keys). */
export function verificationPattern(key: Uint8Array): Uint8Array {
  const input = concatenate(Uint8Array.of(1), key);
  const pattern = new Uint8Array(hash("sha256", input, "buffer"));
  input.fill(0);
  return pattern;
}

/** A master key: 32 bytes that seal every blob of one HSM domain. Only {@link MasterKey.export} returns them. */
export class MasterKey {
  readonly #key: KeyObject;
  readonly #blobCiphers = new Map<number, Xaes>();
  /** 32 bytes, public. */
  readonly verificationPattern: Uint8Array;
  /** The wrapping-key identifier in every blob: the first 16 bytes of the verification pattern. */
  readonly wkid: Uint8Array;
  /** HMAC key for nonces. */
  readonly hedgeKey: KeyObject;
  /** HMAC key for public keys. */
  readonly spkiKey: KeyObject;
  /** HMAC key for sessions and PIN blobs. */
  readonly pinKey: KeyObject;

  /** `bytes` is copied. Throws CKR_ARGUMENTS_BAD unless it has 32 bytes that are not all zero. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== MASTER_KEY_BYTES) throw ck.CkError.argumentsBad(`a master key has ${MASTER_KEY_BYTES} bytes`);
    if (bytes.every((byte) => byte === 0)) throw ck.CkError.argumentsBad("a master key must not be all zero");
    this.#key = createSecretKey(bytes);
    this.verificationPattern = verificationPattern(bytes);
    this.wkid = this.verificationPattern.subarray(0, WKID_BYTES);
    this.hedgeKey = this.#derive("g11 hedge");
    this.spkiKey = this.#derive("g11 spki");
    this.pinKey = this.#derive("g11 pin");
  }

  isNamed(wkid: Uint8Array): boolean {
    return equalBytes(this.wkid, wkid);
  }

  /** Each blob class (one byte) has a cipher of its own. */
  blobCipher(blobClass: number): Xaes {
    let cipher = this.#blobCiphers.get(blobClass);
    if (cipher === undefined) {
      cipher = new Xaes(this.#derive("g11 blob", Uint8Array.of(blobClass), DOMAIN));
      this.#blobCiphers.set(blobClass, cipher);
    }
    return cipher;
  }

  /** Returns a copy of the 32 bytes for a keyring file. The caller must wipe it. */
  export(): Uint8Array {
    return new Uint8Array(this.#key.export());
  }

  /** Every use has its own label, so that the derived keys are independent. */
  #derive(label: string, ...context: readonly Uint8Array[]): KeyObject {
    const info = concatenate(Buffer.from(label), ...context);
    const bytes = new Uint8Array(hkdfSync("sha512", this.#key, SALT, info, 32));
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  }
}
