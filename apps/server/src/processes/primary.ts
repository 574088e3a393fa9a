/**
 * The first of several processes: opens the keyring once, starts workers that share its ports, sends each a copy of the
 * keyring, replaces workers that die, and stops all of them together. It serves no calls itself.
 */
import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { serialiseKeyring, UnsealKey } from "@grep11/engine";
import { NO_DEBUG_SIGNAL } from "../debugging.ts";
import type { ReadyReport } from "../files/ready-file.ts";
import type { KeyringSource } from "../keyring/keyring-source.ts";
import type { BoundedDestination } from "../log/bounded-destination.ts";
import type { Log } from "../log/log.ts";
import type { KeyringMessage, ToPrimary, ToWorker } from "./channel.ts";

/** What the workers need. */
interface PrimaryPlan {
  readonly processes: number;
  readonly keyring: KeyringSource;
  readonly iamSecret?: Uint8Array | undefined;
  /** How long a worker may take to finish its calls before it is killed, in milliseconds. */
  readonly drainMs: number;
  readonly alsoClose?: (() => Promise<void>) | undefined;
}

/** Several processes that serve as one. */
export interface Processes {
  /** The report of the first worker, with the process id of the first process. All workers have the same ports. */
  readonly report: ReadyReport;
  /** Makes all processes read keyring and certificates again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** How long to wait before a dead worker is replaced, in milliseconds. The time is doubled while the worker keeps dying. */
const RESTART_MS = { first: 100, longest: 10_000 };
/** A worker that ran for this many milliseconds counts as healthy. */
const HEALTHY_MS = 30_000;
/** How many milliseconds longer than `drainMs` to wait before a worker is killed. */
const KILL_MARGIN_MS = 2000;

/**
 * Starts the workers and resolves once all of them accept calls. Throws the reason if a worker fails to start. The standard error
 * of the workers is piped to `destination`: if they shared the descriptor, every start of a worker would switch it to blocking
 * mode for all of them.
 */
export async function startProcesses(plan: PrimaryPlan, log: Log, destination: BoundedDestination): Promise<Processes> {
  const execArgv = [...process.execArgv.filter((option) => option !== NO_DEBUG_SIGNAL), NO_DEBUG_SIGNAL];
  cluster.setupPrimary({ serialization: "advanced", execArgv, stdio: ["ignore", "inherit", "pipe", "ipc"] });
  const key = randomBytes(32);
  const unsealKey = await UnsealKey.create({ kind: "key", bytes: key }, randomBytes);
  let epoch = -1;
  const keyringMessage = async (): Promise<KeyringMessage> => {
    const keyring = await plan.keyring.read();
    epoch = keyring.epoch;
    return { sealed: serialiseKeyring(keyring, unsealKey, randomBytes), key };
  };
  let keyring = await keyringMessage();
  const send = (worker: Worker, message: ToWorker): void => void worker.send(message);
  const all = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);

  const supervisor = new Supervisor(
    log,
    (worker) => {
      createInterface({ input: worker.process.stderr! }).on("line", (line) => destination.write(`${line}\n`));
    },
    (worker) => {
      const { iamSecret } = plan;
      send(worker, { kind: "shared", shared: { keyring, ...(iamSecret && { iamSecret }) } });
    },
  );
  const reloadKeyring = async (): Promise<void> => {
    const before = epoch;
    const read = await keyringMessage();
    if (epoch === before) return;
    keyring = read;
    for (const worker of all()) send(worker, { kind: "keyring", keyring });
  };
  const unwatch = plan.keyring.watch(() => {
    reloadKeyring().catch((error: Error) => log.error({ reason: error.message }, "keyring cannot be read"));
  });
  const close = async (): Promise<void> => {
    unwatch();
    await supervisor.stop(plan.drainMs + KILL_MARGIN_MS);
    await plan.alsoClose?.();
    key.fill(0);
  };

  try {
    const reports = await Promise.all(Array.from({ length: plan.processes }, () => supervisor.start()));
    return {
      report: { ...(reports[0] as ReadyReport), pid: process.pid },
      async reload() {
        await reloadKeyring();
        for (const worker of all()) send(worker, { kind: "reload" });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Replaces workers that die, until the supervisor is stopped. */
class Supervisor {
  readonly #log: Log;
  readonly #onStart: (worker: Worker) => void;
  readonly #sendShared: (worker: Worker) => void;
  readonly #living = new Set<Worker>();
  #stopping = false;

  /** `onStart` is called with every worker that was started, and `sendShared` when a worker asks for the shared data. */
  constructor(log: Log, onStart: (worker: Worker) => void, sendShared: (worker: Worker) => void) {
    this.#log = log;
    this.#onStart = onStart;
    this.#sendShared = sendShared;
  }

  /** Starts a worker and resolves when it accepts calls; throws if it never does. If it dies later, it is replaced. */
  async start(pauseMs = RESTART_MS.first): Promise<ReadyReport> {
    const worker = cluster.fork();
    const began = Date.now();
    this.#living.add(worker);
    this.#onStart(worker);
    let ready = false;
    return new Promise<ReadyReport>((resolve, reject) => {
      worker.on("message", (message: ToPrimary) => {
        if (message.kind === "hello") return this.#sendShared(worker);
        if (message.kind === "failed") return reject(new Error(message.reason));
        ready = true;
        resolve(message.report);
      });
      worker.once("exit", (code, signal) => {
        this.#living.delete(worker);
        if (!ready) return reject(new Error(`a process ended with ${signal ?? code} before it served`));
        if (this.#stopping) return;
        const pause = Date.now() - began > HEALTHY_MS ? RESTART_MS.first : pauseMs;
        this.#log.error({ process: worker.process.pid, code, signal, restartInMs: pause }, "a process died");
        void this.#restart(pause);
      });
    });
  }

  async #restart(pauseMs: number): Promise<void> {
    await sleep(pauseMs);
    if (this.#stopping) return;
    const next = Math.min(pauseMs * 2, RESTART_MS.longest);
    try {
      await this.start(next);
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, "a process cannot be started");
      await this.#restart(next);
    }
  }

  /** Makes all workers finish their calls by SIGTERM; kills those that are left after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const ends = Array.from(this.#living, (worker) => once(worker, "exit"));
    for (const worker of this.#living) worker.process.kill("SIGTERM");
    const killer = setTimeout(() => {
      for (const worker of this.#living) worker.process.kill("SIGKILL");
    }, graceMs);
    await Promise.all(ends);
    clearTimeout(killer);
  }
}
