/**
 * Runs in the first of several processes, which serves no calls itself. It opens the keyring, starts workers that share its
 * ports, sends each a copy of the keyring, replaces workers that die, and stops all of them together.
 */
import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { serialiseKeyring, UnsealKey } from "@grep11/engine";
import { NO_DEBUG_SIGNAL } from "../debugging.ts";
import type { ReadyReport } from "../files/ready-file.ts";
import type { KeyringSource } from "../keyring/keyring-store.ts";
import type { BoundedDestination } from "../log/bounded-destination.ts";
import type { Log } from "../log/log.ts";
import type { KeyringMessage, ToPrimary, ToWorker } from "./channel.ts";

interface PrimaryPlan {
  readonly processes: number;
  readonly keyring: KeyringSource;
  readonly iamSecret?: Uint8Array | undefined;
  /** How many milliseconds a worker may take to finish its calls before it is killed. */
  readonly drainMs: number;
  readonly alsoClose?: (() => Promise<void>) | undefined;
}

/** Several processes that serve together. */
export interface Processes {
  /** The ports, which all workers share, and the id of the first process. */
  readonly report: ReadyReport;
  /** Makes all processes read keyring and certificates again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds to wait before a dead worker is replaced. The time doubles while the new workers keep dying. */
const RESTART_MS = { first: 100, longest: 10_000 };
/** A worker that ran for this many milliseconds counts as healthy. */
const HEALTHY_MS = 30_000;
/** A worker is killed this many milliseconds after `drainMs`. */
const KILL_MARGIN_MS = 2000;

/**
 * Starts the workers and resolves once all of them accept calls. Throws the reason if a worker fails to start. The stderr of
 * workers is piped to `destination`. If they inherited stderr, each new worker would switch it to blocking mode for all
 * processes.
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

  const supervisor = new Supervisor(log, destination, (worker) => {
    const { iamSecret } = plan;
    send(worker, { kind: "shared", shared: { keyring, ...(iamSecret && { iamSecret }) } });
  });
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
  readonly #destination: BoundedDestination;
  readonly #sendShared: (worker: Worker) => void;
  readonly #living = new Set<Worker>();
  #stopping = false;

  /** `destination` gets what workers write to stderr. `sendShared` is called when a worker asks for the shared data. */
  constructor(log: Log, destination: BoundedDestination, sendShared: (worker: Worker) => void) {
    this.#log = log;
    this.#destination = destination;
    this.#sendShared = sendShared;
  }

  /** Starts a worker and resolves when it accepts calls. Throws if it ends before. If it dies later, it is replaced. */
  async start(pauseMs = RESTART_MS.first): Promise<ReadyReport> {
    const worker = cluster.fork();
    const began = Date.now();
    this.#living.add(worker);
    const lines = createInterface({ input: worker.process.stderr! });
    lines.on("line", (line) => this.#destination.write(`${line}\n`));
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

  /** Sends SIGTERM, after which workers finish their calls and end. Kills workers that still run after `graceMs`. */
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
