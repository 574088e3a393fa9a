import type * as ck from "@grep11/cryptoki";

export interface PoolLimits {
  readonly threads: number;
  /** How many calls may wait. */
  readonly queue: number;
  /** How many threads one caller may use at once; default: all. While other callers have work too, each gets an equal share. */
  readonly threadsPerCaller?: number;
  /** How many calls of one caller may wait; default: `queue`. */
  readonly queuePerCaller?: number;
  /** Lower limits for principals. A caller without a principal is identified by an address, which many clients may share. */
  readonly perPrincipal?: { readonly running: number; readonly queued: number };
}

/** A caller counts as active for this many milliseconds after its last call. */
const ACTIVE_MS = 1_000;

/** Callers without a principal are identified by their peer. */
export function shareOf({ principal, peer }: Pick<ck.CallOptions, "principal" | "peer">): string {
  return principal === undefined ? `peer ${peer ?? ""}` : `principal ${principal}`;
}

function isPrincipal(share: string): boolean {
  return share.startsWith("principal ");
}

/** How many threads of a pool each caller may use. A share is the name of a caller, see {@link shareOf}. */
export class CallerShares {
  readonly #threads: number;
  readonly #queue: number;
  readonly #perPrincipal: PoolLimits["perPrincipal"];
  /** When each active caller last had work, in milliseconds of `performance.now()`. */
  readonly #lastSeen = new Map<string, number>();

  constructor({ threads, queue, threadsPerCaller = threads, queuePerCaller = queue, perPrincipal }: PoolLimits) {
    this.#threads = threadsPerCaller;
    this.#queue = queuePerCaller;
    this.#perPrincipal = perPrincipal;
  }

  /** Records a call of `share`, and forgets callers that have had no work for a while. */
  note(share: string, hasWaiting: (share: string) => boolean): void {
    const now = performance.now();
    this.#lastSeen.set(share, now);
    for (const [other, seen] of this.#lastSeen) {
      if (now - seen > ACTIVE_MS && !hasWaiting(other)) this.#lastSeen.delete(other);
    }
  }

  /** How many threads `share` may use at once, given the other active callers. */
  runningLimit(share: string): number {
    return Math.min(this.maxRunning(share), Math.max(1, Math.ceil(this.#threads / this.#lastSeen.size)));
  }

  /** How many threads the caller named `share` may use while no other caller is active. */
  maxRunning(share: string): number {
    return isPrincipal(share) ? Math.min(this.#threads, this.#perPrincipal?.running ?? this.#threads) : this.#threads;
  }

  /** How many calls of `share` may wait. */
  maxWaiting(share: string): number {
    return isPrincipal(share) ? Math.min(this.#queue, this.#perPrincipal?.queued ?? this.#queue) : this.#queue;
  }
}
