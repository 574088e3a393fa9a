/** Defines `grep11-server healthcheck`, a health probe for containers and supervisors that needs no credentials. */
import { UsageError, type Values } from "@grep11/command-line";
import { defineCommand, type Io } from "../command.ts";
import { NoConfigError } from "../config/config-error.ts";
import { readConfigFile } from "../config/config-file.ts";
import { readPrivateFile } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import type { ProbeTarget } from "./probe.ts";

const DEV_URL = "http://127.0.0.1:9876";

export const HEALTHCHECK = defineCommand({
  name: "healthcheck",
  summary: "ask a running server whether it is serving (gRPC health check)",
  details: [
    "Exit code 0: the server is serving. 1: it is not, because it is draining or has no master key, or it cannot be reached. A server that requires a client certificate counts as healthy if none is given here.",
  ],
  flags: {
    config: {
      kind: "text",
      value: "FILE",
      help: "the server's configuration; if the file does not exist, a developer server is probed",
    },
    address: { kind: "text", value: "URL", help: `http:// or https://, host and port (default ${DEV_URL})` },
    "client-cert": { kind: "text", value: "FILE", help: "client certificate in PEM" },
    "client-key": { kind: "text", value: "FILE", help: "its private key" },
    timeout: { kind: "number", value: "SECONDS", help: "how long to wait for the response", default: 5 },
  },
  examples: [
    "grep11-server healthcheck",
    "grep11-server healthcheck --config /etc/grep11/grep11.yaml",
    "grep11-server healthcheck --address https://127.0.0.1:9877 --timeout 2",
  ],
  async run({ flags, io }) {
    const target = { url: await urlOf(flags, io), ...(await credentials(flags)) };
    try {
      const { probe } = await import("./probe.ts");
      const health = await probe(target, flags.timeout * 1000);
      io.out(
        health === "protected"
          ? `${target.url}: alive; it wants a client certificate to say more`
          : `${target.url}: ${health}`,
      );
      return health === "not serving" ? 1 : 0;
    } catch (error) {
      io.err(`grep11-server: ${target.url}: ${reasonOf(error as Error)}`);
      return 1;
    }
  },
});

/** Returns why the probe failed. When a connection ends, node:http2 says only "canceled"; the cause has the reason. */
function reasonOf(error: Error): string {
  const reason = error.cause instanceof Error ? error.cause : error;
  return (reason as NodeJS.ErrnoException).code === "ECONNREFUSED"
    ? "nothing listens there; start the server, or name another with --address or --config"
    : reason.message;
}

type HealthFlags = Values<(typeof HEALTHCHECK)["flags"]>;

async function urlOf({ config, address }: HealthFlags, io: Io): Promise<string> {
  if (config !== undefined && address !== undefined) throw new UsageError("give --config or --address, not both");
  if (address !== undefined) {
    if (!/^https?:\/\/[^/]+\/?$/.test(address) || !URL.canParse(address))
      throw new UsageError(`--address ${address}: expected http://HOST:PORT or https://HOST:PORT`);
    return address;
  }
  return (config === undefined ? undefined : await urlOfConfig(config, io)) ?? DEV_URL;
}

/** Returns the URL of the configured server on this machine, or undefined if the file does not exist. */
async function urlOfConfig(file: string, io: Io): Promise<string | undefined> {
  const config = await readConfigFile(file, io.environment).catch((error: Error) => {
    if (error instanceof NoConfigError) return undefined;
    throw error;
  });
  if (config === undefined) return undefined;
  const { address: addresses, port, tls } = config.ep11crypto.connection;
  const [address = ""] = addresses;
  if (port === 0) throw new UsageError(`${file}: the port is 0, so only the server knows it; give --address`);
  const host = LOCAL.get(address) ?? address;
  return `${tls.enabled ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The loopback address by which to reach a server that listens on all addresses. */
const LOCAL: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

async function credentials(flags: HealthFlags): Promise<Omit<ProbeTarget, "url">> {
  const { "client-cert": certFile, "client-key": keyFile } = flags;
  if (certFile === undefined && keyFile === undefined) return {};
  if (certFile === undefined || keyFile === undefined)
    throw new UsageError("give --client-cert and --client-key, both");
  return { cert: (await readTrustedFile(certFile)).content, key: await readPrivateFile(keyFile) };
}
