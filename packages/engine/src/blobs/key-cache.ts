import { timingSafeEqual } from "node:crypto";
import type { Key } from "../objects/key.ts";

export interface OpenedKey {
  readonly key: Key;
  /** Whether the rights are authenticated. Those of a SubjectPublicKeyInfo without MAC are not. */
  readonly authentic: boolean;
  /** Undefined for a key without MAC. */
  readonly wkid: Uint8Array | undefined;
}

export interface KeyCacheOptions {
  /** Default: 4096. */
  readonly maxKeys?: number;
  /** Maximum total length of the blobs in bytes; default: 16 MiB. The keys need about as much memory. */
  readonly maxBytes?: number;
  /** How many milliseconds an opened key may be used; default: five minutes. It is dropped within twice that time. */
  readonly maxAgeMs?: number;
}

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

/** Length in bytes of the MAC at the end of a blob, which identifies an entry. */
const DIGEST_BYTES = 16;

/** The longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Caches opened keys, so that a key in use is decrypted and imported into OpenSSL once and not for every call. An entry is used
 * only if the whole blob is identical. It is dropped at its maximum age, when the keyring changes, or when the cache is full.
 */
export class KeyCache {
  readonly #maxKeys: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** The newest entry of each uid. */
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

  /** Returns the keys that were opened from exactly these bytes while the keyring was at `generation`. */
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

  /** Adds the keys in `blob`, which is copied. {@link KeyCache.find} must not have found them. */
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
   * Returns `key`, which was opened from a state, with the cache's array as its value. OpenSSL's form of a key is remembered by
   * that array, so that it is prepared only once. All else, such as the key's rights, is still that of the state.
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

/** Returns public bytes as a string that serves as the key of a Map. */
function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
