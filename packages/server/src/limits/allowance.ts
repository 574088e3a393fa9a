/** A token bucket: how often something may happen, at once and over time. */

/** The initial amount, which is also the maximum, and how much is refilled per second. */
export interface Bounds {
  readonly burst: number;
  readonly perSecond: number;
}

/** Its tokens may go below zero; they refill with time and with what is earned, up to the burst. */
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

  /** Takes `amount`; returns false if that is more than is left. It is taken even then, which lengthens the wait. */
  spend(amount: number, now: number): boolean {
    this.#left = Math.max(this.left(now) - amount, -this.#bounds.burst);
    return this.#left >= 0;
  }

  /** Returns `amount` to the bucket. */
  earn(amount: number): void {
    this.#left = Math.min(this.#bounds.burst, this.#left + amount);
  }

  /** Replaces the bounds; the whole new burst is available at once. */
  widen(bounds: Bounds): void {
    this.#bounds = bounds;
    this.#left = bounds.burst;
  }
}
