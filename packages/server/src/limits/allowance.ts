/** A token bucket: limits how often something may happen at once and over time. */

/** The initial number of tokens, which is also the maximum, and the number that is refilled per second. */
export interface Bounds {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket. The number of tokens may become negative. It grows with time and by `earn`, up to the burst. */
export class Allowance {
  #bounds: Bounds;
  #left: number;
  #at: number;

  /** All times are in milliseconds on the clock of performance.now(). */
  constructor(bounds: Bounds, now: number) {
    this.#bounds = bounds;
    this.#left = bounds.burst;
    this.#at = now;
  }

  /** Returns how many tokens are left; negative if more have been taken than there were. */
  left(now: number): number {
    const { burst, perSecond } = this.#bounds;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    return this.#left;
  }

  /** Takes `amount` tokens. Returns false if fewer are left; they are taken even then, which lengthens the wait. */
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
