/** `grep11-server --dev` and `grep11-server --config FILE`: serve until a signal says stop. */
import { resolve } from "node:path";
import { type Command, type Io, UsageError, type Values } from "./command-line.ts";
import { readConfigFile } from "./config/load.ts";
import { configuredPlan } from "./configured-plan.ts";
import { devPlan } from "./dev/dev-plan.ts";
import { type ReadyReport, writeReadyFile } from "./files/ready-file.ts";
import { createLog, type Log } from "./log.ts";
import { type ServicePlan, startService } from "./service.ts";

const PORTS = { port: 9876, "tls-port": 9877, "iam-port": 9878 } as const;

/** The default command. */
export const SERVE: Command = {
  words: [],
  summary: "serve GREP11: with --dev for development, with --config FILE for everything else",
  options: {
    dev: { summary: "plaintext, TLS and an IAM double on 127.0.0.1; keys in a directory; NOT for production keys" },
    config: { value: "FILE", summary: "YAML configuration, see docs/configuration.md" },
    "data-dir": { value: "DIR", summary: "with --dev: where keyring and certificates live (default ./.grep11)" },
    port: { value: "N", summary: `with --dev: port without TLS (default ${PORTS.port}; 0: any free one)` },
    "tls-port": { value: "N", summary: `with --dev: port with TLS and bearer tokens (default ${PORTS["tls-port"]})` },
    "iam-port": { value: "N", summary: `with --dev: port of the IAM double (default ${PORTS["iam-port"]})` },
    "ready-file": { value: "FILE", summary: "write process id and addresses here once calls are accepted" },
    "log-level": { value: "LEVEL", summary: "with --dev: least level logged (default info)" },
  },
  async run(values, io) {
    const [plan, log] = values.has("dev") ? await planDev(values) : await planConfigured(values, io);
    const service = await startService(plan, log);
    const readyFile = values.text("ready-file");
    if (readyFile !== undefined) await writeReadyFile(resolve(readyFile), service.report);
    if (values.has("dev")) for (const line of devBanner(service.report)) io.say(line);
    log.info(service.report, "serving");

    process.on("SIGHUP", () => void service.reload());
    const signal = await new Promise<string>((stop) => {
      process.once("SIGTERM", stop);
      process.once("SIGINT", stop);
    });
    log.info({ signal }, "stopping");
    await service.close();
    log.info("stopped");
    return 0;
  },
};

async function planDev(values: Values): Promise<[ServicePlan, Log]> {
  if (values.has("config")) throw new UsageError("--dev and --config exclude each other");
  const plan = await devPlan({
    dataDir: resolve(values.text("data-dir") ?? ".grep11"),
    port: values.port("port", PORTS.port),
    tlsPort: values.port("tls-port", PORTS["tls-port"]),
    iamPort: values.port("iam-port", PORTS["iam-port"]),
  });
  return [plan, createLog(values.text("log-level") ?? "info")];
}

async function planConfigured(values: Values, io: Io): Promise<[ServicePlan, Log]> {
  const file = values.text("config");
  if (file === undefined) throw new UsageError("give --dev, or --config FILE");
  for (const option of ["data-dir", ...Object.keys(PORTS), "log-level"])
    if (values.has(option)) throw new UsageError(`--${option} belongs to --dev; with --config it stands in the file`);
  const config = await readConfigFile(file, io.environment);
  return [
    await configuredPlan(config),
    createLog(config.logging.levels.entry).child({ domain: config.ep11crypto.domain }),
  ];
}

function devBanner({ grpc, tls, iam, ca }: ReadyReport): string[] {
  return [
    "",
    "  ###########################################################################",
    "  #  grep11-server --dev: a SOFTWARE HSM. NOT FOR PRODUCTION KEYS.           #",
    "  #  Its master key lies in a file; whoever reads this machine has your keys #",
    "  ###########################################################################",
    "",
    `  gRPC, gRPC-Web, Connect    ${grpc}    no TLS, no credentials    GREP11_ADDRESS=${grpc} GREP11_LOCAL=1`,
    `  the same over TLS          ${tls}    bearer token              GREP11_ADDRESS=${tls} GREP11_CA_CERT=${ca}`,
    `  IAM double                 ${iam}    any API key will do       GREP11_IAMENDPOINT=${iam} GREP11_APIKEY=any`,
    "",
  ];
}
