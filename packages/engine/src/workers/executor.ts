import { availableParallelism } from "node:os";
import type { KeyCacheOptions } from "../blobs/key-cache.ts";
import type { FamilyMethod } from "../mechanisms/family.ts";
import type { Cost } from "../primitives/cost.ts";
import type { Importer } from "./message.ts";
import { type JobOptions, WorkerPool } from "./pool.ts";

/** Runs methods whose cost is not `inline` on worker threads, so that they do not block the event loop. */
export interface Executor {
  /**
   * Calls `method` of the family of `mechanism` with copies of `args`, which are all arguments except the random source. Throws
   * the errors of the method, and with `retry`:
   * - CKR_DEVICE_MEMORY if too many calls are waiting, or if the call would wait too long,
   * - CKR_IBM_REQ_TIMEOUT if `signal` fires before the work begins,
   * - CKR_DEVICE_ERROR if the worker dies.
   */
  run(
    mechanism: number,
    method: FamilyMethod,
    args: readonly unknown[],
    cost: Exclude<Cost, "inline">,
    options?: JobOptions,
  ): Promise<unknown>;
  /** Calls an import function. Errors: those of `run`. */
  runImport(
    importer: Importer,
    args: readonly unknown[],
    cost: Exclude<Cost, "inline">,
    options?: JobOptions,
  ): Promise<unknown>;
  /** Ends the workers. Running and waiting calls fail with CKR_DEVICE_ERROR. */
  close(): Promise<void>;
}

export interface WorkerExecutorOptions {
  /** How many threads run work of up to about 50 ms; default: one more than there are cores. One caller may use all but one. */
  readonly workers?: number;
  /** How many threads run longer work, such as key generation; default: half the number of cores, at least one. */
  readonly generationWorkers?: number;
  /** How many calls may wait for the threads of each kind, at most half of them from one caller; default: 256. */
  readonly queue?: number;
  /** How many milliseconds work of up to about 50 ms may wait; default: 1,000. Calls that would wait longer are refused. */
  readonly maxWaitMs?: number;
  /** How many generations of one principal may run at once; default: 1. */
  readonly generationsPerPrincipal?: number;
  /** How many generations of one principal may wait; default: 4. */
  readonly queuePerPrincipal?: number;
  /** Limits of the asymmetric keys that each thread keeps between calls, 64 at most; false: it keeps none. */
  readonly keyCache?: KeyCacheOptions | false;
}

const DEFAULT_MAX_WAIT_MS = 1_000;

/** There are two pools, so that key generation never delays signatures. Idle threads do not keep the process alive. */
export function createWorkerExecutor(options: WorkerExecutorOptions = {}): Executor {
  const cores = availableParallelism();
  const queue = options.queue ?? 256;
  const workers = options.workers ?? cores + 1;
  const queuePerCaller = Math.ceil(queue / 2);
  const entry = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);
  const pools = {
    worker: new WorkerPool(entry, {
      workerData: options.keyCache ?? {},
      threads: workers,
      queue,
      maxWaitMs: options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS,
      threadsPerCaller: Math.max(1, workers - 1),
      queuePerCaller,
    }),
    generation: new WorkerPool(entry, {
      workerData: false,
      threads: options.generationWorkers ?? Math.max(1, Math.floor(cores / 2)),
      queue,
      queuePerCaller,
      perPrincipal: { running: options.generationsPerPrincipal ?? 1, queued: options.queuePerPrincipal ?? 4 },
    }),
  };
  return {
    run: (mechanism, method, args, cost, jobOptions = {}) => pools[cost].run({ mechanism, method, args }, jobOptions),
    runImport: (importer, args, cost, jobOptions = {}) => pools[cost].run({ importer, args }, jobOptions),
    async close() {
      await Promise.all([pools.worker.close(), pools.generation.close()]);
    },
  };
}
