import { Worker } from "node:worker_threads";
import * as ck from "@grep11/cryptoki";
import type { QueuedJob } from "./fair-queue.ts";
import { type Call, detached, type Outcome, outcomeOfError, resultOf, type TimedOutcome } from "./message.ts";

export interface Job extends QueuedJob {
  readonly call: Call;
  readonly kind: string;
  /** Stops listening to the call's signal. */
  readonly unwatch: () => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ck.CkError) => void;
}

interface ThreadEvents {
  /** Reports that a job of `kind` took `ms` milliseconds. */
  timed(kind: string, ms: number): void;
  /** Reports that the thread no longer has a job. */
  idle(): void;
  /** Reports that the thread has ended. If it was running a job, that job has failed. */
  ended(thread: PoolThread): void;
}

/**
 * Threads inherit the command-line options of the process; passing V8 options again would fail. An option that says that the
 * program is not a file must not be inherited, so then the threads get no options.
 */
const THREAD_OPTIONS = process.execArgv.some((option) => option.startsWith("--input-type")) ? { execArgv: [] } : {};

/** A thread that runs the program at `entry`, which ends in serve(). */
export class PoolThread {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  #job: Job | undefined;
  /** When the job began, in milliseconds of `performance.now()`. */
  #began = 0;

  constructor(entry: URL, workerData: unknown, events: ThreadEvents) {
    this.#events = events;
    this.#worker = new Worker(entry, { ...THREAD_OPTIONS, workerData });
    this.#worker.on("message", ({ outcome, ms }: TimedOutcome) => {
      if (this.#job !== undefined) events.timed(this.#job.kind, ms);
      this.#settle(outcome);
    });
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (code) => this.#end(new Error(`exit code ${code}`)));
    this.#worker.unref();
  }

  get isIdle(): boolean {
    return this.#job === undefined;
  }

  /** The caller whose job the thread runs; undefined if it is idle. */
  get share(): string | undefined {
    return this.#job?.share;
  }

  /** How many milliseconds the job will probably still take at `now`; 0 without a job. */
  remainingMs(now: number): number {
    return this.#job === undefined ? 0 : Math.max(0, this.#job.expectedMs - (now - this.#began));
  }

  /** The thread must be idle. */
  run(job: Job): void {
    job.unwatch();
    this.#job = job;
    this.#began = performance.now();
    // Only a thread with a job keeps the process alive.
    this.#worker.ref();
    try {
      const { copy, memory } = detached(job.call);
      this.#worker.postMessage(copy, memory);
    } catch (error) {
      this.#settle(outcomeOfError(error));
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(outcome: Outcome): void {
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    try {
      job?.resolve(resultOf(outcome));
    } catch (error) {
      job?.reject(ck.CkError.from(error));
    }
    this.#events.idle();
  }

  #end(cause: unknown): void {
    const job = this.#job;
    this.#job = undefined;
    job?.reject(new ck.CkError(ck.CKR_DEVICE_ERROR, "a worker thread of the HSM ended", { retry: true, cause }));
    this.#events.ended(this);
  }
}
