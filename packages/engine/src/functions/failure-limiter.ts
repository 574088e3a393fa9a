/**
 * How often a caller may learn that a key did not open something. Whether padding or a MAC was right is a bit about a
 * secret for everyone who sends ciphertexts of his own making (Vaudenay's attack asks some 128 times for each byte), and the
 * answer cannot be hidden; so it is rationed (security design B4, S1).
 */
import {
  CKR_DEVICE_MEMORY,
  CKR_ENCRYPTED_DATA_INVALID,
  CKR_SIGNATURE_INVALID,
  CKR_WRAPPED_KEY_INVALID,
  CkError,
} from "@grep11/cryptoki";

/** What a secret key answers to a forgery: CKR_SIGNATURE_INVALID is that of a MAC. */
const FAILURES: ReadonlySet<number> = new Set([
  CKR_ENCRYPTED_DATA_INVALID,
  CKR_WRAPPED_KEY_INVALID,
  CKR_SIGNATURE_INVALID,
]);

const MINUTE_MS = 60_000;

/** Principals that are counted apart; those beyond share one count. */
const MAX_PRINCIPALS = 10_000;

/**
 * Counts failures per principal and minute of the clock. Callers without a principal share one count: nobody knows that they
 * are not one and the same, and a program that uses the HSM in its own process may pass on what strangers sent it.
 */
export class FailureLimiter {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #counts = new Map<string | undefined, number>();
  #minute = 0;

  /** `now` answers milliseconds. */
  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /**
   * The answer of `use`, which uses a secret. Errors: those of `use`, which are counted if they are failures;
   * CKR_DEVICE_MEMORY with `retry`, whatever `use` would say, until the minute is over in which there were too many.
   */
  async run<T>(principal: string | undefined, use: () => Promise<T>): Promise<T> {
    if (this.#countOf(principal) >= this.#perMinute) {
      throw new CkError(CKR_DEVICE_MEMORY, "too many failed decryptions or MACs in this minute", { retry: true });
    }
    try {
      return await use();
    } catch (error) {
      if (error instanceof CkError && FAILURES.has(error.rv)) this.#count(principal);
      throw error;
    }
  }

  #countOf(principal: string | undefined): number {
    const minute = Math.floor(this.#now() / MINUTE_MS);
    if (minute !== this.#minute) this.#counts.clear();
    this.#minute = minute;
    return this.#counts.get(this.#nameOf(principal)) ?? 0;
  }

  #count(principal: string | undefined): void {
    const failures = this.#countOf(principal) + 1;
    this.#counts.set(this.#nameOf(principal), failures);
  }

  #nameOf(principal: string | undefined): string | undefined {
    return this.#counts.has(principal) || this.#counts.size < MAX_PRINCIPALS ? principal : undefined;
  }
}
