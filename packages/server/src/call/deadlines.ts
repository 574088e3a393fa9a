/**
 * Deadlines that share one timer, because a timer for each call would take a tenth of the processor time of a small
 * call.
 */

/** How many milliseconds pass between two checks. A deadline can be noticed that much too late. */
const TICK_MS = 10;

/**
 * If a client resets a call after this fraction of its deadline, the reset counts as a timeout. It may come early,
 * because the client measures from an earlier moment, on a busy machine by up to a tenth of the deadline.
 */
const DUE_SHARE = 0.9;
const DUE_MARGIN_MS = 100;
/**
 * Only calls that have run for this many milliseconds count as timed out. Otherwise a caller could set tiny deadlines
 * to start and reset calls without a limit.
 */
const SHORTEST_CALL_MS = 20;

/**
 * Returns whether a call was reset because its deadline had passed, as gRPC clients do. The call had a deadline of
 * `timeoutMs` and was reset after `livedMs`.
 */
export function isDue(timeoutMs: number, livedMs: number): boolean {
  const due = Math.min(DUE_SHARE * timeoutMs, Math.max(timeoutMs / 2, timeoutMs - DUE_MARGIN_MS));
  return livedMs >= SHORTEST_CALL_MS && livedMs >= due;
}

/** A deadline that has not passed yet. */
export interface Deadline {
  /** The time of the deadline, as a value of `performance.now()`. */
  readonly at: number;
  /**
   * Called when the deadline has passed. Cleared when the deadline is cancelled, so that it does not keep the call in
   * memory.
   */
  passed: (() => void) | undefined;
}

/** The deadlines of all calls of one server. */
export class Deadlines {
  readonly #pending = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `passed` when `performance.now()` has reached `at`. */
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
      // The timer is stopped only here, not when the last deadline is cancelled, because the next call often follows
      // soon.
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
