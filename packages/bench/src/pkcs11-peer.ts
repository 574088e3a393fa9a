/**
 * Runs other HSMs. They are PKCS #11 modules that `p11-kit server` offers on a socket, with one process for each
 * client.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { latencyOf } from "grep11";
import { startChild } from "./child.ts";
import { cpuMicrosecondsOfTree } from "./process-usage.ts";
import type { Pkcs11ClientProgram } from "./programs/pkcs11-client.ts";
import type { Skipped } from "./results.ts";
import type { Round } from "./rounds.ts";

/** A PKCS #11 module with an initialised token. */
interface Module {
  readonly name: string;
  readonly path: string;
  readonly token: string;
  readonly pin: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A running HSM. */
export interface Pkcs11Peer {
  readonly name: string;
  /**
   * Generates the keys of a workload for the first `clients` clients. Returns whether the HSM supports the workload.
   */
  prepare(workload: string, clients: number): Promise<boolean>;
  /**
   * Lets the first `clients` clients make calls, and measures the processes that serve them. Each client makes one call
   * at a time.
   */
  measure(clients: number, seconds: number): Promise<Round>;
  stop(): Promise<void>;
}

const SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so";
const CLIENT_MODULES = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/pkcs11/p11-kit-client.so`);
const PROGRAMS = ["/usr/bin/p11-kit", "/usr/libexec/p11-kit/p11-kit-server"];
/** The environment variable that selects another module. Its value is NAME,FILE,TOKEN LABEL,PIN. */
const OTHER_MODULE = "GREP11_BENCH_PKCS11";

/** Starts SoftHSM2 with a new token in `folder`. */
export function startSoftHsm(folder: string, clients: number): Promise<Pkcs11Peer | Skipped> {
  if (!existsSync("/usr/bin/softhsm2-util")) return skip("SoftHSM2 is not installed (apt-get install softhsm2)");
  const tokens = join(folder, "tokens");
  const configuration = join(folder, "softhsm2.conf");
  mkdirSync(tokens);
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`);
  const env = { ...process.env, SOFTHSM2_CONF: configuration };
  const [token, pin] = ["bench", "bench-pin"];
  const options = ["--init-token", "--free", "--label", token, "--so-pin", pin, "--pin", pin];
  execFileSync("softhsm2-util", options, { env, stdio: "ignore" });
  return startModule({ name: "SoftHSM2", path: SOFTHSM, token, pin, env }, folder, clients);
}

/** Starts the module that OTHER_MODULE names, such as Kryoptic. Its token must have been initialised. */
export function startOtherModule(folder: string, clients: number): Promise<Pkcs11Peer | Skipped> {
  const [name, path, token, pin] = process.env[OTHER_MODULE]?.split(",") ?? [];
  if (name === undefined || path === undefined || token === undefined || pin === undefined) {
    return skip(`Kryoptic or another PKCS #11 module: ${OTHER_MODULE} names none`);
  }
  return startModule({ name, path, token, pin, env: process.env }, folder, clients);
}

async function startModule(module: Module, folder: string, count: number): Promise<Pkcs11Peer | Skipped> {
  const clientModule = CLIENT_MODULES.find(existsSync);
  if (clientModule === undefined || ![module.path, ...PROGRAMS].every(existsSync)) {
    return skip(`${module.name} or p11-kit is not installed (apt-get install p11-kit p11-kit-modules)`);
  }
  const socket = join(folder, `${module.name}.socket`);
  const env = { ...module.env, P11_KIT_SERVER_ADDRESS: `unix:path=${socket}` };
  const options = ["server", "-f", "-n", socket, "--provider", module.path, `pkcs11:token=${module.token}`];
  const server = spawn("p11-kit", options, { env, stdio: "ignore" });
  for (let wait = 0; !existsSync(socket) && wait < 100; wait++) await sleep(50);
  const clients = Array.from({ length: count }, () => startChild<Pkcs11ClientProgram>("pkcs11-client", [], env));
  // Clients open the token one after the other, because SoftHSM2 fails if several processes first open it at the same
  // time.
  for (const client of clients) await client.invoke("open", { module: clientModule, pin: module.pin });
  return {
    name: module.name,
    async prepare(workload, inFlight) {
      const supported = clients.slice(0, inFlight).map((client) => client.invoke("prepare", workload));
      return (await Promise.all(supported)).every(Boolean);
    },
    async measure(inFlight, seconds) {
      const before = cpuMicrosecondsOfTree(server.pid!);
      const began = performance.now();
      const runs = await Promise.all(clients.slice(0, inFlight).map((client) => client.invoke("run", seconds)));
      const elapsed = (performance.now() - began) / 1000;
      const times = runs.flat();
      const { p50, p99 } = latencyOf(times);
      return {
        cpu: (cpuMicrosecondsOfTree(server.pid!) - before) / times.length,
        callsPerSecond: times.length / elapsed,
        p50Ms: p50,
        p99Ms: p99,
        clientLoad: 0,
      };
    },
    async stop() {
      await Promise.all(clients.map((client) => client.stop()));
      server.kill("SIGTERM");
    },
  };
}

async function skip(skipped: string): Promise<Skipped> {
  return { skipped };
}

/** Creates a folder for tokens and sockets, calls `use` with it, and removes it afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "grep11-peers-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
