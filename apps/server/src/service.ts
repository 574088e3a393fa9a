/** Starts and stops a service, which consists of keyring, engine, server and listeners. */
import { X509Certificate } from "node:crypto";
import {
  createEngine,
  createWorkerExecutor,
  cryptoBackend,
  type EngineOptions,
  LiveKeyring,
  type WorkerExecutorOptions,
} from "@grep11/engine";
import * as grpcServer from "@grep11/grpc-server";
import type { ReadyReport } from "./files/ready-file.ts";
import { type KeyringSource, patternsOf } from "./keyring/keyring-store.ts";
import { CallLog } from "./log/call-log.ts";
import { type Log, logCause } from "./log/log.ts";

/** Options of a listener. */
export interface PlannedListener extends Omit<grpcServer.ListenOptions, "tls"> {
  /** Reads the certificate and its key. It is called again when the service is reloaded, to get renewed ones. */
  readonly readTls?: () => Promise<grpcServer.TlsOptions>;
}

/** Everything that differs between services. It is made by configured-plan.ts or dev/dev-plan.ts. */
export interface ServicePlan {
  readonly keyring: KeyringSource;
  readonly engine: Pick<
    EngineOptions,
    "policy" | "mechanisms" | "blsSuite" | "keyCache" | "stateLifetimeMs" | "failuresPerMinute"
  >;
  /** Worker threads and limits of queues; by default those of the engine. */
  readonly workers?: WorkerExecutorOptions;
  readonly listeners: readonly PlannedListener[];
  readonly server: Omit<
    grpcServer.Grep11ServerOptions,
    "ep11" | "authorise" | "ready" | "onCall" | "onUnfitCertificate" | "onError"
  >;
  readonly drainMs: number;
  /** Additional members of the report. */
  readonly report?: Pick<ReadyReport, "iam" | "ca">;
  /** Is called at the end, to stop further parts of the service such as the fake IAM. */
  readonly alsoClose?: () => Promise<void>;
}

/** A service that accepts calls. */
export interface Service {
  readonly report: ReadyReport;
  /** Reads keyring and certificates again. If one of them cannot be read, logs the error and keeps the old one. */
  reload(): Promise<void>;
  /** Finishes running calls, then stops the service. */
  close(): Promise<void>;
}

/** Starts the service and resolves once it accepts calls. If a part fails to start, the parts before it are closed. */
export async function startService(plan: ServicePlan, log: Log): Promise<Service> {
  const opened: (() => unknown)[] = [async () => plan.alsoClose?.()];
  const close = async (): Promise<void> => {
    for (const closeOne of opened.splice(0).reverse()) await closeOne();
  };
  try {
    const keyring = new LiveKeyring(await plan.keyring.read());
    const engine = createEngine({ keyring, ...plan.engine, executor: createWorkerExecutor(plan.workers) });
    opened.push(() => engine.close());
    log.info({ backend: cryptoBackend(), patterns: patternsOf(keyring.keyring) }, "engine ready");

    const calls = new CallLog(log);
    opened.push(() => calls.flush());
    const server = grpcServer.createGrep11Server({
      ep11: engine,
      ...plan.server,
      ready: () => keyring.keyring.current !== undefined,
      onCall: (record) => calls.add(record),
      onUnfitCertificate: ({ address }) => log.warn({ peer: address }, UNFIT_CERTIFICATE),
      onError: (error, rpc) => logCause(log, error, rpc),
    });
    opened.push(() => server.close({ graceMs: plan.drainMs }));
    const ports: OpenedPort[] = [];
    for (const { readTls, ...options } of plan.listeners) {
      const tls = await readTls?.();
      const listener = await server.listen(tls === undefined ? options : { ...options, tls });
      if (tls !== undefined) warnAboutExpiry(log, tls);
      ports.push({ listener, readTls });
    }
    if (keyring.keyring.current === undefined) log.warn("there is no master key: calls that need one are refused");

    const reloadKeyring = async (): Promise<void> => {
      const read = await plan.keyring.read();
      if (read.epoch === keyring.keyring.epoch) return;
      keyring.replace(read);
      server.refreshHealth();
      log.info({ patterns: patternsOf(read) }, "keyring changed");
    };
    opened.push(plan.keyring.watch(() => void logged(log, "keyring", reloadKeyring)));

    return {
      report: { pid: process.pid, ...addresses(ports), ...plan.report },
      async reload() {
        await logged(log, "keyring", reloadKeyring);
        for (const { listener, readTls } of ports)
          if (readTls !== undefined)
            await logged(log, "certificate", async () => {
              const tls = await readTls();
              listener.setTls(tls);
              warnAboutExpiry(log, tls);
            });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const UNFIT_CERTIFICATE =
  "connection refused: the client certificate has no extended key usage clientAuth; issue one that has it, or set grep11.clientCertificates.requireUsage: false";

const DAY_MS = 86_400_000;

/** Certificates that expire within this many days cause a warning. */
const RENEW_DAYS = 30;

function warnAboutExpiry(log: Log, { cert }: grpcServer.TlsOptions): void {
  const { subject, validToDate } = new X509Certificate(cert);
  const days = Math.floor((validToDate.getTime() - Date.now()) / DAY_MS);
  if (days >= RENEW_DAYS) return;
  const line = { subject, validTo: validToDate.toISOString() };
  log.warn(line, days < 0 ? "the certificate has expired: clients will refuse it" : "the certificate expires soon");
}

interface OpenedPort {
  readonly listener: grpcServer.Listener;
  readonly readTls: (() => Promise<grpcServer.TlsOptions>) | undefined;
}

/** Runs `work`. An error is logged, but not thrown. */
async function logged(log: Log, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error({ reason: (error as Error).message }, `${what} cannot be read; the old one stays in use`);
  }
}

/** Returns host:port of the first listeners without and with TLS. Returns all addresses if a listener has several. */
function addresses(ports: readonly OpenedPort[]): Pick<ReadyReport, "grpc" | "tls" | "addresses"> {
  const written = ({ host, port }: grpcServer.ListenerAddress): string =>
    `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const address = ({ listener }: OpenedPort): string => written(listener);
  const all = ports.flatMap(({ listener }) => listener.addresses.map(written));
  const plain = ports.find(({ readTls }) => readTls === undefined);
  const secure = ports.find(({ readTls }) => readTls !== undefined);
  return {
    ...(plain && { grpc: address(plain) }),
    ...(secure && { tls: address(secure) }),
    ...(all.length > ports.length && { addresses: all }),
  };
}
