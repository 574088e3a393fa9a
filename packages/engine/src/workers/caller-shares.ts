/** How much of a pool each of its callers may use, depending on who else has work. */
import type * as ck from "@grep11/cryptoki";

/** Limits of a pool as a whole, and of each caller. */
export interface PoolLimits {
  readonly threads: number;
  /** Calls that may wait. */
  readonly queue: number;
  /** Threads that one caller may use at once; default: all. While others have work as well, each has an equal share, but at least one. */
  readonly threadsPerCaller?: number;
  /** Calls of one caller that may wait; default: as many as of all. */
  readonly queuePerCaller?: number;
  /** Where a principal may have less than a caller without one, of whom there may be many at one address. */
  readonly perPrincipal?: { readonly running: number; readonly queued: number };
}

/** A caller counts as active for so many milliseconds after its last call. */
const ACTIVE_MS = 1_000;

/** The name of a caller. Callers without a principal are identified by their peer. */
export function shareOf({ principal, peer }: Pick<ck.CallOptions, "principal" | "peer">): string {
  return principal === undefined ? `peer ${peer ?? ""}` : `principal ${principal}`;
}

function isPrincipal(share: string): boolean {
  return share.startsWith("principal ");
}

/** The callers of one pool. A share is the name of a caller, see {@link shareOf}. */
export class CallerShares {
  readonly #threads: number;
  readonly #queue: number;
  readonly #perPrincipal: PoolLimits["perPrincipal"];
  /** When each caller last had work, on the clock of `performance`; recent callers share the threads. */
  readonly #lastSeen = new Map<string, number>();

  constructor({ threads, queue, threadsPerCaller = threads, queuePerCaller = queue, perPrincipal }: PoolLimits) {
    this.#threads = threadsPerCaller;
    this.#queue = queuePerCaller;
    this.#perPrincipal = perPrincipal;
  }

  /** `share` has a new call; callers without work for a while are forgotten. */
  note(share: string, hasWaiting: (share: string) => boolean): void {
    const now = performance.now();
    this.#lastSeen.set(share, now);
    for (const [other, seen] of this.#lastSeen) {
      if (now - seen > ACTIVE_MS && !hasWaiting(other)) this.#lastSeen.delete(other);
    }
  }

  /** Threads that `share` may use at once, beside the other active callers. */
  runningLimit(share: string): number {
    return Math.min(this.maxRunning(share), Math.max(1, Math.ceil(this.#threads / this.#lastSeen.size)));
  }

  /** Threads that `share` may use while no other caller is active. */
  maxRunning(share: string): number {
    return isPrincipal(share) ? Math.min(this.#threads, this.#perPrincipal?.running ?? this.#threads) : this.#threads;
  }

  /** Calls of `share` that may wait. */
  maxWaiting(share: string): number {
    return isPrincipal(share) ? Math.min(this.#queue, this.#perPrincipal?.queued ?? this.#queue) : this.#queue;
  }
}
