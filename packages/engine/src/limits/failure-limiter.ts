/**
 * Limits how often a caller may learn that a decryption or MAC failed. Each failure leaks one bit about a secret to a caller
 * who chooses the ciphertexts (Vaudenay's attack needs about 128 of them per byte). Failures cannot be hidden, so their number
 * is limited. The limit applies to one caller with one key, so that nobody can lock out others.
 */
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { Key } from "../objects/key.ts";
import { BoundedCounts } from "./bounded-counts.ts";

/** The errors that forged input for a secret key causes; CKR_SIGNATURE_INVALID is the error for a wrong MAC. */
const FAILURES: ReadonlySet<number> = new Set([
  ck.CKR_ENCRYPTED_DATA_INVALID,
  ck.CKR_WRAPPED_KEY_INVALID,
  ck.CKR_SIGNATURE_INVALID,
]);

const MINUTE_MS = 60_000;

/**
 * How many pairs of caller and key are counted at a time, in about 2 MiB. With more pairs, counts become too low: for every
 * 10,000 failures with other keys, an attacker gains one more attempt with the attacked key, see {@link BoundedCounts}.
 */
const MAX_PAIRS = 10_000;

/** The fields of CallOptions that identify a caller. */
export type Caller = Pick<ck.CallOptions, "principal" | "peer"> | undefined;

/** Counts failures per caller, key and minute. A caller is a principal, or a peer if the server passes no principal. */
export class FailureLimiter {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #counts = new BoundedCounts(MAX_PAIRS);
  readonly #hashKey = createSecretKey(randomBytes(32));
  readonly #keyIds = new WeakMap<Key, string>();
  #minute = 0;
  /** Whether any count has reached the limit in this minute. While it is false, nothing needs to be looked up. */
  #anySpent = false;

  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /**
   * Returns the result of `use`, which applies the secret `key` to input from `caller`. Once there have been too many
   * failures in this minute, throws CKR_DEVICE_MEMORY with `retry` instead, whatever the result of `use`. The limit is
   * checked again after `use`, so that concurrent calls reveal no more than sequential ones.
   */
  async run<T>(key: Key, caller: Caller, use: () => Promise<T>): Promise<T> {
    this.#requireUnspent(key, caller);
    try {
      const result = await use();
      this.#requireUnspent(key, caller);
      return result;
    } catch (error) {
      if (error instanceof ck.CkError && FAILURES.has(error.rv)) {
        this.#requireUnspent(key, caller);
        this.#count(key, caller);
      }
      throw error;
    }
  }

  #requireUnspent(key: Key, caller: Caller): void {
    this.#beginMinute();
    if (!this.#anySpent || this.#counts.of(this.#nameOf(key, caller)) < this.#perMinute) return;
    const why =
      "too many decryptions, unwrappings or MACs with this key failed; it can be used again in the next minute";
    throw new ck.CkError(ck.CKR_DEVICE_MEMORY, why, { retry: true });
  }

  #beginMinute(): void {
    const minute = Math.floor(this.#now() / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#counts.clear();
    this.#anySpent = false;
  }

  #count(key: Key, caller: Caller): void {
    if (this.#perMinute === Number.POSITIVE_INFINITY) return;
    this.#beginMinute();
    const name = this.#nameOf(key, caller);
    this.#counts.add(name);
    if (this.#counts.of(name) >= this.#perMinute) this.#anySpent = true;
  }

  /** Returns a name for a caller and a key. All ids have the same length, so no two pairs have the same name. */
  #nameOf(key: Key, caller: Caller): string {
    const { principal, peer = "" } = caller ?? {};
    return `${this.#idOf(key)}${principal === undefined ? `at ${peer}` : `by ${principal}`}`;
  }

  /**
   * Returns a keyed hash of the key's value. All blobs of a key have the same id, so that unwrapping it again does not evade
   * the limit. Trailing zeros are removed, because HMAC pads keys with zeros (RFC 2104).
   */
  #idOf(key: Key): string {
    const known = this.#keyIds.get(key);
    if (known !== undefined) return known;
    const end = key.value.findLastIndex((byte) => byte !== 0) + 1;
    const id = createHmac("sha256", this.#hashKey).update(key.value.subarray(0, end)).digest("base64");
    this.#keyIds.set(key, id);
    return id;
  }
}
