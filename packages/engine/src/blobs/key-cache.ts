/**
 * Caches opened keys, so that a key in use is decrypted and imported into OpenSSL once and not for every call. The cache only
 * repeats what the blob contains: an entry is found by the MAC at the end of the blob (a digest keyed by the master key), is
 * used only if the whole blob is identical, and is dropped when the keyring changes, at its maximum age, or when the cache is
 * full.
 */
import { timingSafeEqual } from "node:crypto";
import type { Key } from "../objects/key.ts";

/** A key from a blob or a SubjectPublicKeyInfo. */
export interface OpenedKey {
  readonly key: Key;
  /** Whether its rights are authenticated. Those of a SubjectPublicKeyInfo without MAC are not. */
  readonly authentic: boolean;
  /** The WKID in its blob or next to its MAC; undefined if it has no MAC. */
  readonly wkid: Uint8Array | undefined;
}

/** Limits of a cache. */
export interface KeyCacheOptions {
  /** Maximum number of keys; default 4096. */
  readonly maxKeys?: number;
  /** Maximum total length of the blobs in bytes, which is about the memory that the opened keys need; default 16 MiB. */
  readonly maxBytes?: number;
  /**
   * How long an opened key may be used, in milliseconds; default five minutes. It is removed from memory within twice that
   * time.
   */
  readonly maxAgeMs?: number;
}

/** Counters of a cache. */
export interface KeyCacheCounters {
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** How many keys are in the cache. */
  readonly keys: number;
}

interface Entry {
  readonly blob: Uint8Array;
  readonly opened: readonly OpenedKey[];
  readonly expires: number;
}

/** Length in bytes of the MAC that identifies an entry. */
const DIGEST_BYTES = 16;

/** Maximum delay of a Node timer, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Opened keys; the least recently used are dropped first. */
export class KeyCache {
  readonly #maxKeys: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** The entry that was last added for each uid. */
  readonly #entriesByUid = new Map<string, Entry>();
  #generation = 0;
  #sweep: NodeJS.Timeout | undefined;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(options: KeyCacheOptions, now: () => number) {
    this.#maxKeys = options.maxKeys ?? 4096;
    this.#maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    this.#maxAgeMs = options.maxAgeMs ?? 5 * 60 * 1000;
    this.#now = now;
  }

  /**
   * Returns the keys that were opened from exactly these bytes while the keyring was at `generation`; undefined if there are
   * none.
   */
  find(blob: Uint8Array, generation: number): readonly OpenedKey[] | undefined {
    if (generation !== this.#generation) {
      this.clear();
      this.#generation = generation;
    }
    const digest = digestOf(blob);
    const entry = this.#entries.get(digest);
    if (entry === undefined || Buffer.compare(entry.blob, blob) !== 0) {
      this.#misses += 1;
      return undefined;
    }
    if (entry.expires <= this.#now()) {
      this.#drop(digest);
      this.#evictions += 1;
      this.#misses += 1;
      return undefined;
    }
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    this.#hits += 1;
    return entry.opened;
  }

  /** Adds `opened`, the keys in `blob`, which is copied. {@link KeyCache.find} must not have found it. */
  keep(blob: Uint8Array, opened: readonly OpenedKey[]): void {
    const digest = digestOf(blob);
    this.#drop(digest);
    const entry = { blob: blob.slice(), opened, expires: this.#now() + this.#maxAgeMs };
    this.#entries.set(digest, entry);
    this.#entriesByUid.set(nameOf(opened[0]!.key.uid), entry);
    this.#bytes += blob.length;
    this.#sweepLater();
    while (this.#entries.size > this.#maxKeys || this.#bytes > this.#maxBytes) {
      this.#drop(this.#entries.keys().next().value!);
      this.#evictions += 1;
    }
  }

  /**
   * Returns `key`, which was opened from a state while the keyring was at `generation`, with the array that the cache has for
   * its value. What OpenSSL needs for a key is remembered by that array, so that it is prepared only once. All else, such as
   * the rights of the key, is still that of the state.
   */
  withKnownValue(key: Key, generation: number): Key {
    const entry = this.#entriesByUid.get(nameOf(key.uid));
    if (entry === undefined || generation !== this.#generation || entry.expires <= this.#now()) return key;
    const { value } = entry.opened[0]!.key;
    const isSame = value.length === key.value.length && timingSafeEqual(value, key.value);
    return isSame ? { ...key, value } : key;
  }

  counters(): KeyCacheCounters {
    return { hits: this.#hits, misses: this.#misses, evictions: this.#evictions, keys: this.#entries.size };
  }

  /** Forgets every key. */
  clear(): void {
    this.#evictions += this.#entries.size;
    this.#entries.clear();
    this.#entriesByUid.clear();
    this.#bytes = 0;
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
  }

  /** Starts the timer that drops old keys, even if no further key is used. */
  #sweepLater(): void {
    this.#sweep ??= setTimeout(() => this.#dropExpired(), Math.min(this.#maxAgeMs, MAX_TIMER_MS)).unref();
  }

  #dropExpired(): void {
    this.#sweep = undefined;
    const now = this.#now();
    for (const [digest, entry] of this.#entries) {
      if (entry.expires > now) continue;
      this.#drop(digest);
      this.#evictions += 1;
    }
    if (this.#entries.size > 0) this.#sweepLater();
  }

  #drop(digest: string): void {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return;
    this.#entries.delete(digest);
    const uid = nameOf(entry.opened[0]!.key.uid);
    if (this.#entriesByUid.get(uid) === entry) this.#entriesByUid.delete(uid);
    this.#bytes -= entry.blob.length;
  }
}

function digestOf(blob: Uint8Array): string {
  return nameOf(blob.subarray(Math.max(0, blob.length - DIGEST_BYTES)));
}

/** Returns public bytes as a key of a Map. */
function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
