/**
 * Deadlines that share one timer, because a timer for each call would take a tenth of the processor time of a small
 * call. The timer waits for the earliest deadline. It stays set if that call ends early, because the deadlines of later
 * calls are usually later, too.
 */

/** At least this many milliseconds pass between two checks. So a deadline can be noticed this much too late. */
const PAUSE_MS = 10;
/** The longest time in milliseconds for which a timer can be set. */
const LONGEST_MS = 2 ** 31 - 1;

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
  /** When the timer fires, as a value of `performance.now()`. */
  #wakesAt = Number.POSITIVE_INFINITY;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** Calls `passed` when `performance.now()` has reached `at`. */
  add(at: number, passed: () => void): Deadline {
    const deadline = { at, passed };
    this.#pending.add(deadline);
    this.#wakeAt(at);
    return deadline;
  }

  cancel(deadline: Deadline): void {
    deadline.passed = undefined;
    this.#pending.delete(deadline);
  }

  #wakeAt(at: number): void {
    const wakesAt = Math.max(at, this.#checkedAt + PAUSE_MS);
    if (wakesAt >= this.#wakesAt) return;
    this.#wakesAt = wakesAt;
    clearTimeout(this.#timer);
    // A timer counts whole milliseconds, so it can fire up to one millisecond too early.
    const ms = Math.ceil(wakesAt - performance.now()) + 1;
    // The timer is unreferenced, so that the process can end while the timer is still set for a call that has ended.
    this.#timer = setTimeout(() => this.#check(), Math.max(0, Math.min(ms, LONGEST_MS))).unref();
  }

  #check(): void {
    const now = performance.now();
    const due: Deadline[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const deadline of this.#pending) {
      if (deadline.at > now) {
        next = Math.min(next, deadline.at);
        continue;
      }
      due.push(deadline);
      this.#pending.delete(deadline);
    }
    this.#checkedAt = now;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#wakeAt(next);
    for (const deadline of due) deadline.passed?.();
  }
}
