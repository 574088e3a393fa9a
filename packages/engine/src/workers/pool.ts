/** A bounded pool of worker threads: each runs one call at a time, the others wait in order of arrival. */
import { Worker } from "node:worker_threads";
import { CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY, CKR_IBM_REQ_TIMEOUT, CkError } from "@grep11/cryptoki";
import { type Answer, answerOfError, type Call, detached, resultOf } from "./message.ts";

/** On whose behalf a call runs, and until when it is wanted. */
export interface JobOptions {
  /** Takes the call out of the queue; once it runs, it runs to its end. */
  readonly signal?: AbortSignal | undefined;
  /** Counted against the limits per principal; undefined: not counted. */
  readonly principal?: string | undefined;
}

/** Limits of a pool. */
export interface PoolOptions {
  readonly threads: number;
  /** Calls that may wait. */
  readonly queue: number;
  /** Calls of one principal that may run at once, and wait. */
  readonly perPrincipal?: { readonly running: number; readonly queued: number };
}

/** A pool. Errors of `run`: see Executor. */
export interface Pool {
  run(call: Call, options: JobOptions): Promise<unknown>;
  close(): Promise<void>;
}

interface Job {
  readonly call: Call;
  readonly principal: string | undefined;
  /** Stops listening to the signal of the call. */
  readonly unwatch: () => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CkError) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
}

/**
 * Threads inherit the options of the process (naming them anew would refuse those of V8), unless one of them says that its
 * program is not a file.
 */
const THREAD_OPTIONS = process.execArgv.some((option) => option.startsWith("--input-type")) ? { execArgv: [] } : {};

/** A pool whose threads run the program at `entry`, which ends in serve(). */
export function createPool(entry: URL, { threads: maxThreads, queue: maxQueued, perPrincipal }: PoolOptions): Pool {
  const threads = new Set<Thread>();
  let queue: Job[] = [];
  let closed = false;

  const countOf = (jobs: Iterable<Job | undefined>, principal: string) =>
    Array.from(jobs).filter((job) => job?.principal === principal).length;
  const runningOf = (principal: string) =>
    countOf(
      Array.from(threads, (thread) => thread.job),
      principal,
    );

  function mayRun({ principal }: Job): boolean {
    return principal === undefined || perPrincipal === undefined || runningOf(principal) < perPrincipal.running;
  }

  function requireRoom({ principal }: JobOptions): void {
    if (queue.length >= maxQueued) throw busy("too much work is waiting");
    if (principal === undefined || perPrincipal === undefined) return;
    if (countOf(queue, principal) >= perPrincipal.queued) throw busy("too much work of this principal is waiting");
  }

  function leave(job: Job): void {
    queue = queue.filter((waiting) => waiting !== job);
    job.unwatch();
  }

  function start(): Thread {
    const thread: Thread = { worker: new Worker(entry, THREAD_OPTIONS), job: undefined };
    const end = (cause: unknown) => {
      threads.delete(thread);
      thread.job?.reject(new CkError(CKR_DEVICE_ERROR, "a worker thread of the HSM ended", { retry: true, cause }));
      thread.job = undefined;
      advance();
    };
    thread.worker.on("message", (answer: Answer) => settle(thread, answer));
    thread.worker.on("error", end);
    thread.worker.on("exit", (code) => end(new Error(`exit code ${code}`)));
    thread.worker.unref();
    threads.add(thread);
    return thread;
  }

  function settle(thread: Thread, answer: Answer): void {
    const job = thread.job;
    thread.job = undefined;
    thread.worker.unref();
    try {
      job?.resolve(resultOf(answer));
    } catch (error) {
      job?.reject(CkError.from(error));
    }
    advance();
  }

  /** Gives waiting jobs to idle threads, starting threads as long as there may be more. */
  function advance(): void {
    for (;;) {
      if (closed) return;
      const job = queue.find(mayRun);
      if (job === undefined) return;
      const idle = Array.from(threads).find((thread) => thread.job === undefined);
      if (idle === undefined && threads.size >= maxThreads) return;
      const thread = idle ?? start();
      leave(job);
      thread.job = job;
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
    run(call, options) {
      return new Promise((resolve, reject) => {
        const { signal, principal } = options;
        if (closed) throw ended();
        if (signal?.aborted) throw givenUp(signal);
        requireRoom(options);
        const abort = () => {
          leave(job);
          reject(givenUp(signal));
        };
        const unwatch = () => signal?.removeEventListener("abort", abort);
        const job: Job = { call, principal, unwatch, resolve, reject };
        signal?.addEventListener("abort", abort);
        queue.push(job);
        advance();
      });
    },
    async close() {
      closed = true;
      for (const job of queue) {
        leave(job);
        job.reject(ended());
      }
      await Promise.all(Array.from(threads, (thread) => thread.worker.terminate()));
    },
  };
}

function busy(detail: string): CkError {
  return new CkError(CKR_DEVICE_MEMORY, detail, { retry: true });
}

function givenUp(signal: AbortSignal | undefined): CkError {
  return new CkError(CKR_IBM_REQ_TIMEOUT, "the call was given up while it waited", {
    retry: true,
    cause: signal?.reason,
  });
}

function ended(): CkError {
  return new CkError(CKR_DEVICE_ERROR, "the engine is closed", { retry: true });
}
