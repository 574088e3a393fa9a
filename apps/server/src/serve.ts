/** Defines the command that serves: `grep11-server --dev` or `grep11-server --config FILE`. */
import cluster from "node:cluster";
import { resolve } from "node:path";
import { UsageError, type Values } from "@grep11/command-line";
import { isLoopback, withoutBrackets } from "@grep11/encoding";
import { defineCommand, type Io } from "./command.ts";
import { readConfigFile } from "./config/config-file.ts";
import { exposure } from "./debugging.ts";
import { DEV_HOST, devPlan, devService } from "./dev/dev-plan.ts";
import { type ReadyReport, writeReadyFile } from "./files/ready-file.ts";
import type { BoundedDestination } from "./log/bounded-destination.ts";
import { createLog, type Log, openLogDestination } from "./log/log.ts";
import { parseProcesses, processCount } from "./processes/count.ts";
import { startProcesses } from "./processes/primary.ts";
import { linkToPrimary, type PrimaryLink } from "./processes/worker.ts";
import { type Service, type ServicePlan, startService } from "./service.ts";
import { explainSystemError } from "./system-error.ts";

const PORTS = { port: 9876, "tls-port": 9877, "iam-port": 9878 } as const;

/** How many milliseconds to wait until the last log lines are written. */
const LOG_FLUSH_MS = 1_000;

const PORT = { kind: "integer", value: "N", min: 0, max: 65535 } as const;

/** The command without a name, which runs if the command line names none. */
export const SERVE = defineCommand({
  name: "",
  summary: "Serve GREP11: with --dev for development, with --config FILE for everything else",
  flags: {
    dev: {
      kind: "switch",
      help: "plaintext, TLS and a fake IAM on 127.0.0.1; keys in a directory; NOT for production keys",
    },
    config: { kind: "text", value: "FILE", help: "YAML configuration, see docs/configuration.md" },
    "data-dir": {
      kind: "text",
      value: "DIR",
      help: "with --dev: directory of the keyring and the certificates (default ./.grep11)",
    },
    host: {
      kind: "text",
      value: "ADDRESS",
      help: "with --dev: address to listen on (default 127.0.0.1); with another one, everyone who can reach it may call",
    },
    port: { ...PORT, help: `with --dev: port without TLS (default ${PORTS.port}; 0: any free one)` },
    "tls-port": { ...PORT, help: `with --dev: port with TLS and bearer tokens (default ${PORTS["tls-port"]})` },
    "iam-port": { ...PORT, help: `with --dev: port of the fake IAM (default ${PORTS["iam-port"]})` },
    processes: {
      kind: "text",
      value: "N|auto",
      help: "processes that share the ports; auto: one per core (default 1)",
    },
    "ready-file": { kind: "text", value: "FILE", help: "write process id and addresses here once calls are accepted" },
    "log-level": { kind: "text", value: "LEVEL", help: "with --dev: lowest level that is logged (default info)" },
  },
  examples: ["grep11-server --dev", "grep11-server --config grep11.yaml --processes auto"],
  async run({ flags, io }): Promise<number> {
    const destination = openLogDestination();
    try {
      return await serve(await choose(flags, io, destination), flags, destination);
    } finally {
      // Otherwise a stalled reader of the log would keep the process alive.
      if (!(await destination.flush(LOG_FLUSH_MS))) setImmediate(() => process.exit());
    }
  },
});

type ServeFlags = Values<(typeof SERVE)["flags"]>;

/** Serves until SIGTERM or SIGINT, then returns the exit code. */
async function serve(choice: Choice, flags: ServeFlags, destination: BoundedDestination): Promise<number> {
  if (cluster.isWorker) return serveAsWorker(choice);
  const running = await start(choice, destination);
  if (choice.dev) for (const line of devBanner(running.report)) destination.write(`${line}\n`);
  const readyFile = flags["ready-file"];
  if (readyFile !== undefined) {
    await writeReadyFile(resolve(readyFile), running.report).catch(async (error) => {
      await running.close();
      throw error;
    });
  }
  // The process id is left out, because every log line already has it.
  choice.log.info({ ...running.report, pid: undefined }, "serving");

  process.on("SIGHUP", () => {
    choice.log.info({ signal: "SIGHUP" }, "reading keyring and certificates again");
    void running.reload();
  });
  const signal = await new Promise<string>((stop) => {
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  });
  choice.log.info({ signal }, "stopping");
  await running.close();
  choice.log.info("stopped");
  return 0;
}

/** How to serve, as the command line selects it. */
interface Choice {
  readonly dev: boolean;
  readonly log: Log;
  readonly processes: number;
  /** Returns the plan of the first process. */
  plan(): Promise<ServicePlan & { readonly iamSecret?: Uint8Array }>;
  /** Returns the plan of a worker. It uses the keyring that the first process sends. */
  workerPlan(link: PrimaryLink): Promise<ServicePlan>;
}

async function choose(flags: ServeFlags, io: Io, destination: BoundedDestination): Promise<Choice> {
  const exposed = exposure();
  if (flags.dev) {
    const choice = chooseDev(flags, destination);
    if (exposed !== undefined) choice.log.warn({ exposed }, "anyone who debugs this process can read its keys");
    return choice;
  }
  if (exposed !== undefined)
    throw new UsageError(`${exposed} exposes the keys of this process; start without it (see NODE_OPTIONS)`);
  return chooseConfigured(flags, io, destination);
}

function chooseDev(flags: ServeFlags, destination: BoundedDestination): Choice {
  if (flags.config !== undefined) throw new UsageError("--dev and --config exclude each other");
  const options = {
    dataDir: resolve(flags["data-dir"] ?? ".grep11"),
    host: withoutBrackets(flags.host ?? DEV_HOST),
    port: flags.port ?? PORTS.port,
    tlsPort: flags["tls-port"] ?? PORTS["tls-port"],
    iamPort: flags["iam-port"] ?? PORTS["iam-port"],
  };
  return {
    dev: true,
    log: createLog(flags["log-level"] ?? "info", destination),
    processes: processesIn(flags) ?? 1,
    plan: () => devPlan(options),
    workerPlan: async ({ keyring, iamSecret = new Uint8Array(0) }) => devService(options, { keyring, iamSecret }),
  };
}

async function chooseConfigured(flags: ServeFlags, io: Io, destination: BoundedDestination): Promise<Choice> {
  const file = flags.config;
  if (file === undefined) throw new UsageError("give --dev to try it out, or --config FILE; see grep11-server --help");
  for (const option of ["data-dir", "host", "port", "tls-port", "iam-port", "log-level"] as const)
    if (flags[option] !== undefined)
      throw new UsageError(`--${option} is only for --dev; with --config, set it in the file`);
  const { configuredPlan } = await import("./configured-plan.ts");
  const config = await readConfigFile(file, io.environment);
  const processes = processesIn(flags) ?? processCount(config.grep11.processes);
  const domains = config.ep11crypto.domain;
  const log = createLog(config.logging.levels.entry, destination).child({ domain: domains.join(",") });
  if (cluster.isPrimary) {
    if (config.ignored.length > 0) log.warn({ keys: config.ignored }, "these keys of the configuration have no effect");
    if (domains.length > 1) log.warn({ domains }, "all domains of the configuration share one keyring");
  }
  return {
    dev: false,
    log,
    processes,
    plan: () => configuredPlan(config, processes),
    workerPlan: ({ keyring }) => configuredPlan(config, processes, keyring),
  };
}

function processesIn({ processes: text }: ServeFlags): number | undefined {
  const count = text === undefined ? undefined : parseProcesses(text);
  if (text !== undefined && count === undefined) throw new UsageError(`--processes ${text}: expected auto or 1 to 64`);
  return count;
}

/** Runs the service in this process, or in several processes that this one starts and supervises. */
async function start({ plan, processes, log }: Choice, destination: BoundedDestination): Promise<Service> {
  const whole = await plan();
  if (processes === 1) return startService(whole, log);
  const { report, ...started } = await startProcesses({ ...whole, processes }, log, destination);
  return { ...started, report: { ...report, ...whole.report } };
}

/** Serves as a worker until the first process sends SIGTERM or ends. Returns the exit code. */
async function serveAsWorker({ workerPlan, log }: Choice): Promise<number> {
  // Ctrl-C sends SIGINT to every process of the terminal. Workers ignore it, because the first process stops them.
  process.on("SIGINT", () => undefined);
  const link = await linkToPrimary();
  const stopped = new Promise<void>((stop) => {
    process.once("SIGTERM", () => stop());
    process.once("disconnect", () => stop());
  });
  try {
    const service = await startService(await workerPlan(link), log);
    link.onReload(() => void service.reload());
    link.send({ kind: "ready", report: service.report });
    await stopped;
    await service.close();
    return 0;
  } catch (error) {
    link.send({ kind: "failed", reason: explainSystemError(error as Error) });
    return 1;
  } finally {
    if (process.connected) process.disconnect();
  }
}

function devBanner({ grpc, tls, iam, ca }: ReadyReport): string[] {
  return [
    "",
    "  ###########################################################################",
    "  #  grep11-server --dev: a SOFTWARE HSM. NOT FOR PRODUCTION KEYS.           #",
    "  #  Its master key is in a file: anyone who can read it has all your keys.  #",
    "  ###########################################################################",
    "",
    `  gRPC, gRPC-Web, Connect    ${grpc}    no TLS, no credentials    GREP11_ADDRESS=${grpc} GREP11_LOCAL=1`,
    `  the same over TLS          ${tls}    bearer token              GREP11_ADDRESS=${tls} GREP11_CA_CERT=${ca}`,
    `  fake IAM                   ${iam}    any API key will do       GREP11_IAMENDPOINT=${iam} GREP11_APIKEY=any`,
    "",
    ...(isLoopback(withoutBrackets((grpc ?? "").replace(/:\d*$/, "")))
      ? []
      : ["  Open beyond this machine: anyone who can reach it may use every key.", ""]),
  ];
}
