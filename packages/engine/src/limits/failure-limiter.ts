/**
 * How often a caller may learn that a key did not open something. Whether padding or a MAC was right is a bit about a
 * secret for everyone who sends ciphertexts of their own making (Vaudenay's attack asks some 128 times for each byte), and the
 * result cannot be hidden; so it is rationed. Only the attacked key is refused, and only to the caller who attacks it: one job
 * with wrong ciphertexts stops nobody else, and nothing else of its own.
 */
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { Key } from "../objects/key.ts";
import { BoundedCounts } from "./bounded-counts.ts";

/** What a secret key answers to a forgery: CKR_SIGNATURE_INVALID is that of a MAC. */
const FAILURES: ReadonlySet<number> = new Set([
  ck.CKR_ENCRYPTED_DATA_INVALID,
  ck.CKR_WRAPPED_KEY_INVALID,
  ck.CKR_SIGNATURE_INVALID,
]);

const MINUTE_MS = 60_000;

/**
 * Pairs of caller and key that are counted at a time; some 2 MiB when they are all there. Failures with so many other keys
 * give an attacker one more with the attacked key, and take nothing from anybody (BoundedCounts).
 */
const MAX_PAIRS = 10_000;

/** Who asks: the fields of CallOptions that tell callers apart. */
export type Caller = Pick<ck.CallOptions, "principal" | "peer"> | undefined;

/**
 * Counts failures per caller, key and minute of the clock. A caller is a principal; callers without one are told apart by
 * their peer, if the server passes it.
 */
export class FailureLimiter {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #counts = new BoundedCounts(MAX_PAIRS);
  readonly #hashKey = createSecretKey(randomBytes(32));
  readonly #keyIds = new WeakMap<Key, string>();
  #minute = 0;
  /** Has any count reached the limit in this minute? Until then there is nothing to look up. */
  #anySpent = false;

  /** `perMinute`: failures that are let pass, Infinity: all of them. `now` returns milliseconds. */
  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /**
   * What `use` returns, which uses the secret of `key` on what `caller` sent. Errors: those of `use`, which are counted if they
   * are failures; CKR_DEVICE_MEMORY with `retry`, whatever `use` would say, once there were too many in this minute. Calls that
   * run side by side are looked at again when they end, so that sending many at once teaches no more than one after the other.
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

  /** One name for a caller and a key. Ids have one length, so no two pairs have the same. */
  #nameOf(key: Key, caller: Caller): string {
    const { principal, peer = "" } = caller ?? {};
    return `${this.#idOf(key)}${principal === undefined ? `at ${peer}` : `by ${principal}`}`;
  }

  /**
   * A keyed hash of the key's value, so that another blob of the same key is the same key, whatever its rights: unwrapping it
   * again is no way to go on. Without zeros at its end, which HMAC adds to a key by itself (RFC 2104). The hash key never leaves
   * this process, so an id tells nothing.
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
