/** Deadlines with one timer for all of them, because starting and ending a timer for each call is a tenth of a small call's work. */

/** How many milliseconds pass between two checks, which is also how late a deadline can be noticed. */
const TICK_MS = 10;

/** A deadline that has not passed. */
export interface Deadline {
  /** On the clock of `performance.now()`. */
  readonly at: number;
  /** Cleared when the deadline is cancelled, so that what it refers to can be collected. */
  passed: (() => void) | undefined;
}

/** All deadlines of one server. */
export class Deadlines {
  readonly #pending = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `passed` when the clock of `performance.now()` has reached `at`. */
  add(at: number, passed: () => void): Deadline {
    const deadline = { at, passed };
    this.#pending.add(deadline);
    this.#timer ??= setInterval(() => this.#check(), TICK_MS);
    return deadline;
  }

  cancel(deadline: Deadline): void {
    deadline.passed = undefined;
    this.#pending.delete(deadline);
  }

  #check(): void {
    if (this.#pending.size === 0) {
      // Not stopped before, because calls often follow one another.
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = performance.now();
    for (const deadline of this.#pending) {
      if (deadline.at > now) continue;
      this.#pending.delete(deadline);
      deadline.passed?.();
    }
  }
}
