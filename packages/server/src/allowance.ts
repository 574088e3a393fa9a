/** How often something may happen: at once, and over time (a token bucket). */

/** What an allowance begins with, and what comes back in a second. */
export interface Bounds {
  readonly burst: number;
  readonly perSecond: number;
}

/** Counts down, below zero too; refills with time and with what is earned, up to its burst. */
export class Allowance {
  #bounds: Bounds;
  #left: number;
  #at: number;

  /** Times are milliseconds of performance.now(). */
  constructor(bounds: Bounds, now: number) {
    this.#bounds = bounds;
    this.#left = bounds.burst;
    this.#at = now;
  }

  /** What may still happen at once; negative after more than that. */
  left(now: number): number {
    const { burst, perSecond } = this.#bounds;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    return this.#left;
  }

  /** Counts `amount`, or answers false: it is more than is left. It counts all the same, and lengthens the wait. */
  spend(amount: number, now: number): boolean {
    this.#left = Math.max(this.left(now) - amount, -this.#bounds.burst);
    return this.#left >= 0;
  }

  /** Gives back `amount`. */
  earn(amount: number): void {
    this.#left = Math.min(this.#bounds.burst, this.#left + amount);
  }

  /** From now on other bounds, with all of the new burst at hand. */
  widen(bounds: Bounds): void {
    this.#bounds = bounds;
    this.#left = bounds.burst;
  }
}
