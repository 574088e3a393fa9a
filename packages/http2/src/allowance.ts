/** Limits how many useless frames a peer may send. See `Budget` in limits.ts. */
import { excessError } from "./errors.ts";
import type { Budget } from "./limits.ts";

const KIBIBYTE = 1024;

/** The remaining points of one connection's budget. */
export class Allowance {
  readonly #budget: Budget;
  #points: number;
  #countedAt: number | undefined;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#points = budget.most;
  }

  /** Adds the points for the time since the last call. `now` is a time in milliseconds since any fixed moment. */
  passTime(now: number): void {
    const before = this.#countedAt ?? now;
    this.#countedAt = now;
    if (now > before) this.#earn(((now - before) / 1000) * this.#budget.perSecond);
  }

  completedStream(): void {
    this.#earn(this.#budget.perStream);
  }

  transferred(bytes: number): void {
    this.#earn((bytes / KIBIBYTE) * this.#budget.perKibibyte);
  }

  /** Spends `points`. Throws ConnectionError ENHANCE_YOUR_CALM if too few are left. */
  spend(points = 1): void {
    this.#points -= points;
    if (this.#points < 0) throw excessError("too many frames that do no work");
  }

  /** Spends the points for an open stream that the peer has reset. Throws the same error as `spend`. */
  resetByPeer(): void {
    this.spend(this.#budget.resetCost);
  }

  #earn(points: number): void {
    this.#points = Math.min(this.#budget.most, this.#points + points);
  }
}
