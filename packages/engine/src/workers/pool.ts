/**
 * A bounded pool of worker threads: each runs one call at a time. Callers take turns, none of them has all threads, and a
 * call that would wait too long is refused at once instead of late.
 */
import { Worker } from "node:worker_threads";
import * as ck from "@grep11/cryptoki";
import { FairQueue, type QueuedJob } from "./fair-queue.ts";
import { type Answer, answerOfError, type Call, detached, resultOf, type TimedAnswer } from "./message.ts";
import { ServiceTimes } from "./service-times.ts";

/**
 * On whose behalf a call runs, and until when it is wanted. `signal` takes it out of the queue; once it runs, it runs to its
 * end. `timeoutMs` refuses it at once if it would have to wait longer.
 */
export type JobOptions = Pick<ck.CallOptions, "signal" | "principal" | "peer" | "timeoutMs">;

/** Limits of a pool. */
export interface PoolOptions {
  readonly threads: number;
  /** Calls that may wait. */
  readonly queue: number;
  /**
   * Milliseconds that a call may have to wait, as far as can be estimated, or {@link MAX_STRETCH} times as long as it
   * will run if that is more; default: no limit.
   */
  readonly maxWaitMs?: number;
  /** Threads that one caller may use at once; default: all. While others have work too, each has its part of them, at least one. */
  readonly threadsPerCaller?: number;
  /** Calls of one caller that may wait; default: as many as of all. */
  readonly queuePerCaller?: number;
  /** Where a principal may have less than a caller without one, of whom there may be many at one address. */
  readonly perPrincipal?: { readonly running: number; readonly queued: number };
}

/** A pool. Errors of `run`: see Executor. */
export interface Pool {
  run(call: Call, options: JobOptions): Promise<unknown>;
  close(): Promise<void>;
}

/** A caller counts as active for so many milliseconds after its last call. */
const ACTIVE_MS = 1_000;

/** Whoever asks for long work expects to wait; refusing it soon would only make it come again soon. */
const MAX_STRETCH = 30;

interface Job extends QueuedJob {
  readonly call: Call;
  readonly kind: string;
  /** Stops listening to the signal of the call. */
  readonly unwatch: () => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ck.CkError) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  /** When its job began, on the clock of `performance`. */
  began: number;
}

/**
 * Threads inherit the options of the process (naming them anew would refuse those of V8), unless one of them says that its
 * program is not a file.
 */
const THREAD_OPTIONS = process.execArgv.some((option) => option.startsWith("--input-type")) ? { execArgv: [] } : {};

/** A pool whose threads run the program at `entry`, which ends in serve(). */
export function createPool(entry: URL, options: PoolOptions): Pool {
  const { threads: maxThreads, queue: maxQueued, maxWaitMs = Number.POSITIVE_INFINITY, perPrincipal } = options;
  const { threadsPerCaller = maxThreads, queuePerCaller = maxQueued } = options;
  const threads = new Set<Thread>();
  const queue = new FairQueue<Job>();
  const times = new ServiceTimes();
  /** When each caller last had work, on the clock of `performance`; callers of the last moment share the threads. */
  const lastSeen = new Map<string, number>();
  let closed = false;

  const limitOf = (share: string, ofPrincipal: number | undefined, ofCaller: number): number =>
    isPrincipal(share) && ofPrincipal !== undefined ? Math.min(ofPrincipal, ofCaller) : ofCaller;
  const runningLimit = (share: string) =>
    limitOf(share, perPrincipal?.running, Math.max(1, Math.ceil(threadsPerCaller / lastSeen.size)));

  function see(share: string): void {
    const now = performance.now();
    lastSeen.set(share, now);
    for (const [other, seen] of lastSeen) {
      if (now - seen > ACTIVE_MS && queue.lengthOf(other) === 0) lastSeen.delete(other);
    }
  }

  function mayRun(share: string): boolean {
    let running = 0;
    for (const { job } of threads) if (job?.share === share) running += 1;
    return running < runningLimit(share);
  }

  /** Milliseconds until a new job of `share` would run. */
  function expectedWait(share: string): number {
    const now = performance.now();
    let sum = queue.expectedMsBefore(share);
    let idle = maxThreads - threads.size;
    for (const { job, began } of threads) {
      if (job === undefined) idle += 1;
      else sum += Math.max(0, job.expectedMs - (now - began));
    }
    if (idle > 0 && mayRun(share)) return 0;
    // As if this caller were alone again by then: refusing too much only makes it come again.
    return sum / Math.min(maxThreads, limitOf(share, perPrincipal?.running, threadsPerCaller));
  }

  function requireRoom(share: string, expectedMs: number, timeoutMs = Number.POSITIVE_INFINITY): void {
    if (queue.length >= maxQueued) throw QUEUE_FULL;
    if (queue.lengthOf(share) >= limitOf(share, perPrincipal?.queued, queuePerCaller)) {
      throw CALLERS_QUEUE_FULL;
    }
    const maxWait = Math.max(maxWaitMs, MAX_STRETCH * expectedMs);
    if (expectedWait(share) > Math.min(maxWait, timeoutMs)) throw WAIT_TOO_LONG;
  }

  function start(): Thread {
    const thread: Thread = { worker: new Worker(entry, THREAD_OPTIONS), job: undefined, began: 0 };
    const end = (cause: unknown) => {
      threads.delete(thread);
      thread.job?.reject(
        new ck.CkError(ck.CKR_DEVICE_ERROR, "a worker thread of the HSM ended", { retry: true, cause }),
      );
      thread.job = undefined;
      advance();
    };
    thread.worker.on("message", ({ answer, ms }: TimedAnswer) => {
      if (thread.job !== undefined) times.note(thread.job.kind, ms);
      settle(thread, answer);
    });
    thread.worker.on("error", end);
    thread.worker.on("exit", (code) => end(new Error(`exit code ${code}`)));
    thread.worker.unref();
    threads.add(thread);
    return thread;
  }

  function settle(thread: Thread, answer: Answer): void {
    const { job } = thread;
    thread.job = undefined;
    thread.worker.unref();
    try {
      job?.resolve(resultOf(answer));
    } catch (error) {
      job?.reject(ck.CkError.from(error));
    }
    advance();
  }

  /** Gives waiting jobs to idle threads, starting threads as long as there may be more. */
  function advance(): void {
    while (!closed) {
      const idle = Array.from(threads).find((thread) => thread.job === undefined);
      if (idle === undefined && threads.size >= maxThreads) return;
      const job = queue.take(mayRun);
      if (job === undefined) return;
      const thread = idle ?? start();
      // The next caller should not wait for a thread to start, which takes longer than most work.
      if (threads.size < maxThreads && !Array.from(threads).some((other) => other !== thread && !other.job)) start();
      job.unwatch();
      thread.job = job;
      thread.began = performance.now();
      // A thread at work keeps the process alive, an idle one does not.
      thread.worker.ref();
      try {
        const { copy, memory } = detached(job.call);
        thread.worker.postMessage(copy, memory);
      } catch (error) {
        settle(thread, answerOfError(error));
      }
    }
  }

  return {
    run(call, jobOptions) {
      return new Promise((resolve, reject) => {
        if (closed) throw ended();
        const share = shareOf(jobOptions);
        see(share);
        const kind = kindOf(call);
        const expectedMs = times.expected(kind);
        requireRoom(share, expectedMs, jobOptions.timeoutMs);
        const { signal } = jobOptions;
        if (signal?.aborted) throw givenUp(signal);
        const abort = () => {
          queue.remove(job);
          job.unwatch();
          reject(givenUp(signal));
        };
        const unwatch = () => signal?.removeEventListener("abort", abort);
        const job: Job = { call, kind, share, expectedMs, unwatch, resolve, reject };
        signal?.addEventListener("abort", abort);
        queue.push(job);
        advance();
      });
    },
    async close() {
      closed = true;
      for (const job of queue.clear()) {
        job.unwatch();
        job.reject(ended());
      }
      await Promise.all(Array.from(threads, (thread) => thread.worker.terminate()));
    },
  };
}

/** Calls that take about as long as each other: the same function on keys and data of about the same length. */
function kindOf(call: Call): string {
  const what = "importer" in call ? call.importer : `${call.mechanism} ${call.method}`;
  return `${what} ${Math.ceil(Math.log2(1 + bytesIn(call.args)))}`;
}

/** Bytes in the arguments of a call, and in the members of those that are no bytes, such as the value of a key. */
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

/** Callers without a principal are told apart by their peer. */
function shareOf({ principal, peer }: JobOptions): string {
  return principal === undefined ? `peer ${peer ?? ""}` : `principal ${principal}`;
}

function isPrincipal(share: string): boolean {
  return share.startsWith("principal ");
}

/** Made once: under overload most calls end in one of them, and to make an error costs more than to refuse a call. */
const QUEUE_FULL = busy("too much work is waiting");
const CALLERS_QUEUE_FULL = busy("too much work of this caller is waiting");
const WAIT_TOO_LONG = busy("the call would have to wait too long");

function busy(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
}

function givenUp(signal: AbortSignal | undefined): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_REQ_TIMEOUT, "the call was given up while it waited", {
    retry: true,
    cause: signal?.reason,
  });
}

function ended(): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_ERROR, "the engine is closed", { retry: true });
}
