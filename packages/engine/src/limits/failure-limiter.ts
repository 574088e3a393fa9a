/**
 * Limits how often a caller may learn that a decryption or MAC failed. A padding or MAC failure leaks one bit about a secret to
 * anyone who can submit chosen ciphertexts (Vaudenay's attack needs about 128 queries per byte), and the result cannot be hidden,
 * so the number of failures is limited. Only the attacked key is refused, and only to the caller who attacks it: a job with wrong
 * ciphertexts affects neither other callers nor its own other keys.
 */
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { Key } from "../objects/key.ts";
import { BoundedCounts } from "./bounded-counts.ts";

/** The errors for forged input of a secret key; CKR_SIGNATURE_INVALID is that of a MAC. */
const FAILURES: ReadonlySet<number> = new Set([
  ck.CKR_ENCRYPTED_DATA_INVALID,
  ck.CKR_WRAPPED_KEY_INVALID,
  ck.CKR_SIGNATURE_INVALID,
]);

const MINUTE_MS = 60_000;

/**
 * Pairs of caller and key that are counted at a time, which need about 2 MiB. Failures with so many other keys gain an attacker one
 * more with the attacked key, and affect no other caller (BoundedCounts).
 */
const MAX_PAIRS = 10_000;

/** The fields of CallOptions that identify a caller. */
export type Caller = Pick<ck.CallOptions, "principal" | "peer"> | undefined;

/**
 * Counts failures per caller, key and minute of the clock. A caller is a principal; callers without one are identified by
 * their peer, if the server passes it.
 */
export class FailureLimiter {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #counts = new BoundedCounts(MAX_PAIRS);
  readonly #hashKey = createSecretKey(randomBytes(32));
  readonly #keyIds = new WeakMap<Key, string>();
  #minute = 0;
  /** Whether any count has reached the limit in this minute. Until then there is nothing to look up. */
  #anySpent = false;

  /** `perMinute`: how many failures are allowed; Infinity: all. `now` returns milliseconds. */
  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /**
   * The result of `use`, which applies the secret of `key` to input from `caller`. Errors: those of `use`, of which failures are
   * counted; CKR_DEVICE_MEMORY with `retry`, whatever the result of `use`, once there were too many failures in this minute.
   * The limit is checked again when a call ends, so that concurrent calls reveal no more than sequential ones.
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

  /** A unique name for a caller and a key: ids all have the same length, so no two pairs collide. */
  #nameOf(key: Key, caller: Caller): string {
    const { principal, peer = "" } = caller ?? {};
    return `${this.#idOf(key)}${principal === undefined ? `at ${peer}` : `by ${principal}`}`;
  }

  /**
   * A keyed hash of the key's value, so that all blobs of a key count as the same key, whatever their rights: unwrapping it again
   * does not evade the limit. Trailing zeros are removed, because HMAC pads keys with zeros (RFC 2104). The hash key never leaves
   * this process, so an id reveals nothing.
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
