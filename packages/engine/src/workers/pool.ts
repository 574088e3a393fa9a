import * as ck from "@grep11/cryptoki";
import { CallerShares, type PoolLimits, shareOf } from "./caller-shares.ts";
import { FairQueue } from "./fair-queue.ts";
import { bytesIn, type Call } from "./message.ts";
import { type Job, PoolThread } from "./pool-thread.ts";

/**
 * `signal` removes a waiting call from the queue; it does not stop a running call. A call that would have to wait longer than
 * `timeoutMs` is refused at once.
 */
export type JobOptions = Pick<ck.CallOptions, "signal" | "principal" | "peer" | "timeoutMs">;

export interface PoolOptions extends PoolLimits {
  /** How many milliseconds a call may have to wait; default: no limit. Long calls may wait longer ({@link MAX_STRETCH}). */
  readonly maxWaitMs?: number;
  /** What the program of the threads gets as `workerData`. */
  readonly workerData?: unknown;
}

/** How many times its own duration a call may wait. If long work were refused early, callers would only send it again. */
const MAX_STRETCH = 30;

/**
 * A bounded pool of threads that run the program at `entry`, which ends in serve(). Callers take turns, no caller gets all
 * threads, and a call that would wait too long is refused at once.
 */
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

  /** Errors: see Executor. */
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

  /** Ends the threads. Running and waiting calls fail with CKR_DEVICE_ERROR. */
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

  /** How many milliseconds a new job of `share` would have to wait. */
  #expectedWait(share: string): number {
    const now = performance.now();
    let sum = this.#queue.expectedMsBefore(share);
    let idle = this.#options.threads - this.#threads.size;
    for (const thread of this.#threads) {
      if (thread.isIdle) idle += 1;
      sum += thread.remainingMs(now);
    }
    if (idle > 0 && this.#mayRun(share)) return 0;
    // By then, other callers may have no work left. A call that is refused unnecessarily will only be sent again.
    return sum / Math.min(this.#options.threads, this.#shares.maxRunning(share));
  }

  #mayRun(share: string): boolean {
    let running = 0;
    for (const thread of this.#threads) if (thread.share === share) running += 1;
    return running < this.#shares.runningLimit(share);
  }

  /** Gives waiting jobs to idle threads, and starts threads if the limit allows it. */
  #advance(): void {
    const maxThreads = this.#options.threads;
    while (!this.#isClosed) {
      const idle = this.#idleThread();
      if (idle === undefined && this.#threads.size >= maxThreads) return;
      const job = this.#queue.take((share) => this.#mayRun(share));
      if (job === undefined) return;
      const thread = idle ?? this.#startThread();
      // Starts a spare thread, because that takes longer than most work, and the next caller should not have to wait for it.
      if (this.#threads.size < maxThreads && this.#idleThread(thread) === undefined) this.#startThread();
      thread.run(job);
    }
  }

  #idleThread(except?: PoolThread): PoolThread | undefined {
    for (const thread of this.#threads) if (thread.isIdle && thread !== except) return thread;
    return undefined;
  }

  #startThread(): PoolThread {
    const thread = new PoolThread(this.#entry, this.#options.workerData, {
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

/** Calls of one kind take about the same time: they have the same method, and about the same length of keys and data. */
function kindOf(call: Call): string {
  const what = "importer" in call ? call.importer : `${call.mechanism} ${call.method}`;
  return `${what} ${Math.ceil(Math.log2(1 + bytesIn(call.args)))}`;
}

/** These errors exist once, because under overload most calls end with one, and making an error costs more than refusing. */
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

/** The weight of the newest job in the average. */
const NEWEST = 0.2;

/** Moving averages of durations, by kind of job. */
export class ServiceTimes {
  readonly #averages = new Map<string, number>();

  /** How many milliseconds a job of `kind` will probably take; 0 if none has run yet. */
  expected(kind: string): number {
    return this.#averages.get(kind) ?? 0;
  }

  note(kind: string, ms: number): void {
    const before = this.#averages.get(kind) ?? ms;
    this.#averages.set(kind, before + NEWEST * (ms - before));
  }
}
