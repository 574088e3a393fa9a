/** A token bucket, which limits how often something may happen at once and over time. */

/**
 * The limits of a token bucket. `burst` is the initial and maximum number of tokens, and `perSecond` is how many are
 * added per second.
 */
export interface Bounds {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket. The number of tokens may become negative. It grows with time and by `earn`, up to `burst`. */
export class Allowance {
  #bounds: Bounds;
  #left: number;
  #at: number;

  /** `now` is a value of performance.now(), here and in all methods. */
  constructor(bounds: Bounds, now: number) {
    this.#bounds = bounds;
    this.#left = bounds.burst;
    this.#at = now;
  }

  /** Returns how many tokens are left. The number is negative if more tokens were taken than there were. */
  left(now: number): number {
    const { burst, perSecond } = this.#bounds;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    return this.#left;
  }

  /**
   * Takes `amount` tokens. Returns false if fewer were left. The tokens are taken even then, so the caller must wait
   * longer.
   */
  spend(amount: number, now: number): boolean {
    this.#left = Math.max(this.left(now) - amount, -this.#bounds.burst);
    return this.#left >= 0;
  }

  /** Adds `amount` tokens to the bucket. */
  earn(amount: number): void {
    this.#left = Math.min(this.#bounds.burst, this.#left + amount);
  }

  /** Replaces the bounds and fills the bucket up to the new burst. */
  widen(bounds: Bounds): void {
    this.#bounds = bounds;
    this.#left = bounds.burst;
  }
}
