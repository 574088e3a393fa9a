/** Deadlines with one timer for all of them, because starting and ending a timer for each call is a tenth of a small call's work. */

/** How many milliseconds pass between two checks, which is also how late a deadline can be noticed. */
const TICK_MS = 10;

/**
 * A reset after this fraction of the deadline counts as a timeout. The client's clock starts before ours, so its deadline passes
 * first; on a busy machine, by up to a tenth of the deadline.
 */
const DUE_SHARE = 0.9;
const DUE_MARGIN_MS = 100;
/**
 * A call must have run for this many milliseconds to count as timed out. Otherwise a caller could start more calls than a
 * connection may have at once.
 */
const SHORTEST_CALL_MS = 20;

/** Whether a call of `timeoutMs` that was reset after `livedMs` was reset because of its deadline, as gRPC clients do. */
export function isDue(timeoutMs: number, livedMs: number): boolean {
  const due = Math.min(DUE_SHARE * timeoutMs, Math.max(timeoutMs / 2, timeoutMs - DUE_MARGIN_MS));
  return livedMs >= SHORTEST_CALL_MS && livedMs >= due;
}

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
