/**
 * A bounded pool of worker threads. Callers take turns, none of them has all threads, and a call that would wait too long is
 * refused at once instead of late.
 */
import * as ck from "@grep11/cryptoki";
import { CallerShares, type PoolLimits, shareOf } from "./caller-shares.ts";
import { FairQueue } from "./fair-queue.ts";
import type { Call } from "./message.ts";
import { type Job, PoolThread } from "./pool-thread.ts";
import { ServiceTimes } from "./service-times.ts";

/**
 * On whose behalf a call runs, and until when it is wanted. `signal` takes it out of the queue; once it runs, it runs to its
 * end. `timeoutMs` refuses it at once if it would have to wait longer.
 */
export type JobOptions = Pick<ck.CallOptions, "signal" | "principal" | "peer" | "timeoutMs">;

/** Options of a pool. */
export interface PoolOptions extends PoolLimits {
  /**
   * Milliseconds that a call may have to wait, as far as can be estimated, or {@link MAX_STRETCH} times as long as it
   * will run if that is more; default: no limit.
   */
  readonly maxWaitMs?: number;
}

/** Callers expect long work to take time; if it were refused early, they would only send it again. */
const MAX_STRETCH = 30;

/** A pool whose threads run the program at `entry`, which ends in serve(). */
export class WorkerPool {
  readonly #entry: URL;
  readonly #options: PoolOptions;
  readonly #threads = new Set<PoolThread>();
  readonly #queue = new FairQueue<Job>();
  readonly #times = new ServiceTimes();
  readonly #shares: CallerShares;
  #isClosed = false;

  constructor(entry: URL, options: PoolOptions) {
    this.#entry = entry;
    this.#options = options;
    this.#shares = new CallerShares(options);
  }

  /** Runs `call` on a thread. Errors: see Executor. */
  run(call: Call, options: JobOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closed();
      const share = shareOf(options);
      this.#shares.note(share, (other) => this.#queue.lengthOf(other) > 0);
      const kind = kindOf(call);
      const expectedMs = this.#times.expected(kind);
      this.#requireCapacity(share, expectedMs, options.timeoutMs);
      const { signal } = options;
      if (signal?.aborted) throw aborted(signal);
      const abort = () => {
        this.#queue.remove(job);
        job.unwatch();
        reject(aborted(signal));
      };
      const unwatch = () => signal?.removeEventListener("abort", abort);
      const job: Job = { call, kind, share, expectedMs, unwatch, resolve, reject };
      signal?.addEventListener("abort", abort);
      this.#queue.push(job);
      this.#advance();
    });
  }

  /** Ends the threads; what still runs or waits fails with CKR_DEVICE_ERROR. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#queue.clear()) {
      job.unwatch();
      job.reject(closed());
    }
    await Promise.all(Array.from(this.#threads, (thread) => thread.terminate()));
  }

  #requireCapacity(share: string, expectedMs: number, timeoutMs = Number.POSITIVE_INFINITY): void {
    const { queue, maxWaitMs = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#queue.length >= queue) throw QUEUE_FULL;
    if (this.#queue.lengthOf(share) >= this.#shares.maxWaiting(share)) throw CALLERS_QUEUE_FULL;
    const maxWait = Math.max(maxWaitMs, MAX_STRETCH * expectedMs);
    if (this.#expectedWait(share) > Math.min(maxWait, timeoutMs)) throw WAIT_TOO_LONG;
  }

  /** How many milliseconds a new job of `share` would wait. */
  #expectedWait(share: string): number {
    const now = performance.now();
    let sum = this.#queue.expectedMsBefore(share);
    let idle = this.#options.threads - this.#threads.size;
    for (const thread of this.#threads) {
      if (thread.isIdle) idle += 1;
      sum += thread.remainingMs(now);
    }
    if (idle > 0 && this.#mayRun(share)) return 0;
    // Assumes that this caller is alone again by then: a call that is refused unnecessarily is only sent again.
    return sum / Math.min(this.#options.threads, this.#shares.maxRunning(share));
  }

  #mayRun(share: string): boolean {
    let running = 0;
    for (const thread of this.#threads) if (thread.share === share) running += 1;
    return running < this.#shares.runningLimit(share);
  }

  /** Gives waiting jobs to idle threads, starting threads as long as there may be more. */
  #advance(): void {
    const maxThreads = this.#options.threads;
    while (!this.#isClosed) {
      const idle = this.#idleThread();
      if (idle === undefined && this.#threads.size >= maxThreads) return;
      const job = this.#queue.take((share) => this.#mayRun(share));
      if (job === undefined) return;
      const thread = idle ?? this.#startThread();
      // The next caller should not wait for a thread to start, which takes longer than most work.
      if (this.#threads.size < maxThreads && this.#idleThread(thread) === undefined) this.#startThread();
      thread.run(job);
    }
  }

  #idleThread(except?: PoolThread): PoolThread | undefined {
    for (const thread of this.#threads) if (thread.isIdle && thread !== except) return thread;
    return undefined;
  }

  #startThread(): PoolThread {
    const thread = new PoolThread(this.#entry, {
      timed: (kind, ms) => this.#times.note(kind, ms),
      idle: () => this.#advance(),
      ended: (ended) => {
        this.#threads.delete(ended);
        this.#advance();
      },
    });
    this.#threads.add(thread);
    return thread;
  }
}

/** The kind of a call: calls of one kind take about the same time, with keys and data of about the same length. */
function kindOf(call: Call): string {
  const what = "importer" in call ? call.importer : `${call.mechanism} ${call.method}`;
  return `${what} ${Math.ceil(Math.log2(1 + bytesIn(call.args)))}`;
}

/** How many bytes the arguments of a call have, including members of objects, such as the value of a key. */
function bytesIn(args: readonly unknown[]): number {
  let sum = 0;
  for (const arg of args) {
    if (arg instanceof Uint8Array) sum += arg.length;
    else if (typeof arg === "object" && arg !== null) {
      for (const part of Object.values(arg)) if (part instanceof Uint8Array) sum += part.length;
    }
  }
  return sum;
}

/** Created once: under overload most calls end with one of them, and creating an error costs more than refusing a call. */
const QUEUE_FULL = busy("too much work is waiting");
const CALLERS_QUEUE_FULL = busy("too much work of this caller is waiting");
const WAIT_TOO_LONG = busy("the call would have to wait too long");

function busy(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
}

function aborted(signal: AbortSignal | undefined): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_REQ_TIMEOUT, "the call was cancelled while it waited", {
    retry: true,
    cause: signal?.reason,
  });
}

function closed(): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_ERROR, "the engine is closed", { retry: true });
}
