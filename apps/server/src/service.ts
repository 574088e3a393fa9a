/** The running service: keyring, engine, server and listeners put together from a plan, and taken apart again. */
import { unwatchFile, watchFile } from "node:fs";
import { createEngine, type EngineOptions, LiveKeyring } from "@grep11/engine";
import {
  createGrep11Server,
  type Grep11ServerOptions,
  type Listener,
  type ListenOptions,
  type TlsOptions,
} from "@grep11/server";
import type { ReadyReport } from "./files/ready-file.ts";
import { type KeyringStore, patternsOf } from "./keyring/keyring-store.ts";
import { type Log, logCall, logCause } from "./log.ts";

/** A port to open. */
export interface PlannedListener extends Omit<ListenOptions, "tls"> {
  /** Reads certificate and key; asked again on reload, so that renewed ones are taken up. */
  readonly readTls?: () => Promise<TlsOptions>;
}

/** All that distinguishes one service from another; made by configured-plan.ts or dev/dev-plan.ts. */
export interface ServicePlan {
  readonly keyring: KeyringStore;
  readonly engine: Pick<EngineOptions, "policy" | "mechanisms">;
  readonly listeners: readonly PlannedListener[];
  readonly server: Pick<Grep11ServerOptions, "maxDataBytes" | "keepalive">;
  readonly drainMs: number;
  /** Added to the report of where the service answers. */
  readonly report?: Pick<ReadyReport, "iam" | "ca">;
  /** What else stops with the service. */
  readonly alsoClose?: () => Promise<void>;
}

/** A service that accepts calls. */
export interface Service {
  readonly report: ReadyReport;
  /** Read keyring and certificates again. What cannot be read is logged, and the old one stays in force. */
  reload(): Promise<void>;
  /** Finish running calls, then stop. */
  close(): Promise<void>;
}

/** How often the keyring file is looked at, in milliseconds. */
const KEYRING_WATCH_MS = 250;

/** Start what `plan` describes; resolves once calls are accepted. */
export async function startService(plan: ServicePlan, log: Log): Promise<Service> {
  const keyring = new LiveKeyring(await plan.keyring.read());
  const engine = createEngine({ keyring, ...plan.engine });
  const server = createGrep11Server({
    ep11: engine,
    ...plan.server,
    ready: () => keyring.keyring.current !== undefined,
    onCall: (record) => logCall(log, record),
    onError: (error, rpc) => logCause(log, error, rpc),
  });
  const opened: { planned: PlannedListener; listener: Listener }[] = [];
  for (const planned of plan.listeners) {
    const { readTls, ...options } = planned;
    const tls = await readTls?.();
    const listener = await server.listen(tls === undefined ? options : { ...options, tls });
    opened.push({ planned, listener });
  }

  const reloadKeyring = async (): Promise<void> => {
    const read = await plan.keyring.read();
    if (read.epoch === keyring.keyring.epoch) return;
    keyring.replace(read);
    server.refreshHealth();
    log.info({ epoch: read.epoch, patterns: patternsOf(read) }, "keyring changed");
  };
  const logged = (what: string, work: Promise<void>): Promise<void> =>
    work.catch((error: Error) =>
      log.error({ reason: error.message }, `${what} cannot be read; the old one stays in force`),
    );

  const onKeyringFile = (): void => void logged("keyring", reloadKeyring());
  watchFile(plan.keyring.file, { interval: KEYRING_WATCH_MS, persistent: false }, onKeyringFile);

  const addressOf = (withTls: boolean): string | undefined => {
    const found = opened.find(({ planned }) => (planned.readTls !== undefined) === withTls)?.listener;
    return found && `${found.host.includes(":") ? `[${found.host}]` : found.host}:${found.port}`;
  };
  const grpc = addressOf(false);
  const tls = addressOf(true);
  return {
    report: { pid: process.pid, ...(grpc && { grpc }), ...(tls && { tls }), ...plan.report },
    async reload() {
      await logged("keyring", reloadKeyring());
      for (const { planned, listener } of opened)
        if (planned.readTls !== undefined)
          await logged(
            "certificate",
            planned.readTls().then((next) => listener.setTls(next)),
          );
    },
    async close() {
      unwatchFile(plan.keyring.file, onKeyringFile);
      await server.close({ graceMs: plan.drainMs });
      await engine.close();
      await plan.alsoClose?.();
    },
  };
}
