/**
 * A bounded pool of worker threads. Callers take turns, no caller gets all threads, and a call that would wait too long is
 * refused at once.
 */
import * as ck from "@grep11/cryptoki";
import { CallerShares, type PoolLimits, shareOf } from "./caller-shares.ts";
import { FairQueue } from "./fair-queue.ts";
import type { Call } from "./message.ts";
import { type Job, PoolThread } from "./pool-thread.ts";
import { ServiceTimes } from "./service-times.ts";

/**
 * The caller for whom a call runs, and how long the result is wanted. `signal` removes a waiting call from the queue; it does
 * not stop a running call. If the call would have to wait longer than `timeoutMs`, it is refused at once.
 */
export type JobOptions = Pick<ck.CallOptions, "signal" | "principal" | "peer" | "timeoutMs">;

/** Options of a pool. */
export interface PoolOptions extends PoolLimits {
  /**
   * How many milliseconds a call may have to wait, according to an estimate, or {@link MAX_STRETCH} times its expected
   * duration if that is more; default: no limit.
   */
  readonly maxWaitMs?: number;
}

/**
 * How many times its own duration a call may wait. Callers expect long work to take time; if it were refused early, they
 * would only send it again.
 */
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

  /** Ends the threads; running and waiting calls fail with CKR_DEVICE_ERROR. */
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

  /** Returns how many milliseconds a new job of `share` would have to wait. */
  #expectedWait(share: string): number {
    const now = performance.now();
    let sum = this.#queue.expectedMsBefore(share);
    let idle = this.#options.threads - this.#threads.size;
    for (const thread of this.#threads) {
      if (thread.isIdle) idle += 1;
      sum += thread.remainingMs(now);
    }
    if (idle > 0 && this.#mayRun(share)) return 0;
    // Assumes that by then no other caller has work: a call that is refused unnecessarily will only be sent again.
    return sum / Math.min(this.#options.threads, this.#shares.maxRunning(share));
  }

  #mayRun(share: string): boolean {
    let running = 0;
    for (const thread of this.#threads) if (thread.share === share) running += 1;
    return running < this.#shares.runningLimit(share);
  }

  /** Gives waiting jobs to idle threads, and starts threads if the limit allows. */
  #advance(): void {
    const maxThreads = this.#options.threads;
    while (!this.#isClosed) {
      const idle = this.#idleThread();
      if (idle === undefined && this.#threads.size >= maxThreads) return;
      const job = this.#queue.take((share) => this.#mayRun(share));
      if (job === undefined) return;
      const thread = idle ?? this.#startThread();
      // Starts a spare thread, which takes longer than most work, so that the next caller does not have to wait for that.
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

/** Returns the kind of a call: calls of one kind take about the same time, because keys and data have about the same length. */
function kindOf(call: Call): string {
  const what = "importer" in call ? call.importer : `${call.mechanism} ${call.method}`;
  return `${what} ${Math.ceil(Math.log2(1 + bytesIn(call.args)))}`;
}

/** Returns the number of bytes in the arguments of a call, including bytes in members of objects, such as the value of a key. */
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

/**
 * Created once: under overload most calls end with one of these errors, and creating an error costs more than refusing a
 * call.
 */
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
