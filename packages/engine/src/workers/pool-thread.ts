/** One worker thread of a pool, which runs one job at a time. */
import { Worker } from "node:worker_threads";
import * as ck from "@grep11/cryptoki";
import type { QueuedJob } from "./fair-queue.ts";
import { type Call, detached, type Outcome, outcomeOfError, resultOf, type TimedOutcome } from "./message.ts";

/** A call that waits for a thread, or runs on one. */
export interface Job extends QueuedJob {
  readonly call: Call;
  readonly kind: string;
  /** Stops listening to the signal of the call. */
  readonly unwatch: () => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ck.CkError) => void;
}

/** Events of a thread, for its pool. */
interface ThreadEvents {
  /** A job of `kind` took `ms`; not the copies, and not the start of the thread. */
  timed(kind: string, ms: number): void;
  /** The thread has no job any more. */
  idle(): void;
  /** The thread has ended; what it was running has failed. */
  ended(thread: PoolThread): void;
}

/**
 * Threads inherit the options of the process (passing them again would refuse those of V8), unless one of them says that its
 * program is not a file.
 */
const THREAD_OPTIONS = process.execArgv.some((option) => option.startsWith("--input-type")) ? { execArgv: [] } : {};

/** A thread that runs the program at `entry`, which ends in serve(). */
export class PoolThread {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  #job: Job | undefined;
  /** When its job began, on the clock of `performance`. */
  #began = 0;

  constructor(entry: URL, events: ThreadEvents) {
    this.#events = events;
    this.#worker = new Worker(entry, THREAD_OPTIONS);
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

  /** The caller whose job it runs. */
  get share(): string | undefined {
    return this.#job?.share;
  }

  /** How many milliseconds its job will probably still take at `now`; 0 without a job. */
  remainingMs(now: number): number {
    return this.#job === undefined ? 0 : Math.max(0, this.#job.expectedMs - (now - this.#began));
  }

  /** Starts `job`; the thread must be idle. */
  run(job: Job): void {
    job.unwatch();
    this.#job = job;
    this.#began = performance.now();
    // A thread at work keeps the process alive, an idle one does not.
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
