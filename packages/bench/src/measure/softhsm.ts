/** Target P9: compares SoftHSM2, called through p11-kit's socket, with our server. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WORKLOADS } from "grep11";
import { type Child, startChild } from "../child.ts";
import type { Plan } from "../plan.ts";
import { cpuMicrosecondsOfTree } from "../process-usage.ts";
import type { SoftHsmClientProgram } from "../programs/softhsm-client.ts";
import type { Skipped, SoftHsmRow } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { loadTarget, type Testbed, TOKEN } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";

/** Where Debian installs SoftHSM2. */
const PROVIDERS = ["/usr/lib/softhsm/libsofthsm2.so"];
const CLIENT_MODULES = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/pkcs11/p11-kit-client.so`);
const PROGRAMS = ["/usr/bin/softhsm2-util", "/usr/bin/p11-kit", "/usr/libexec/p11-kit/p11-kit-server"];
/** How many calls to our server run at the same time; it multiplexes them over a few connections. */
const CONCURRENCY = 64;
const CONNECTIONS = 4;
const PIN = "bench-pin";
const NAMES = [
  "random",
  "aes-cbc",
  "hmac",
  "ecdsa-p256",
  "ecdsa-p256-sha256",
  "ecdsa-k1",
  "ed25519",
  "rsa-2048",
  "ec-keypair",
];

/** Measures the workloads that both HSMs support. */
export async function measureSoftHsm(testbed: Testbed, plan: Plan): Promise<readonly SoftHsmRow[] | Skipped> {
  const provider = PROVIDERS.find(existsSync);
  const module = CLIENT_MODULES.find(existsSync);
  if (provider === undefined || module === undefined || !PROGRAMS.every(existsSync)) {
    return { skipped: "SoftHSM2 and p11-kit are not installed (apt-get install softhsm2 p11-kit opensc)" };
  }
  const folder = mkdtempSync(join(tmpdir(), "grep11-softhsm-"));
  try {
    return await measureIn(folder, provider, module, testbed, plan);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureIn(
  folder: string,
  provider: string,
  module: string,
  testbed: Testbed,
  plan: Plan,
): Promise<readonly SoftHsmRow[]> {
  const socket = join(folder, "socket");
  const configuration = join(folder, "softhsm2.conf");
  mkdirSync(join(folder, "tokens"));
  writeFileSync(configuration, `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
  const env = { ...process.env, SOFTHSM2_CONF: configuration, P11_KIT_SERVER_ADDRESS: `unix:path=${socket}` };
  const token = ["--init-token", "--free", "--label", "bench", "--so-pin", PIN, "--pin", PIN];
  execFileSync("softhsm2-util", token, { env, stdio: "ignore" });
  const server = spawn("p11-kit", ["server", "-f", "-n", socket, "--provider", provider, "pkcs11:token=bench"], {
    env,
    stdio: "ignore",
  });
  const client = startChild<SoftHsmClientProgram>("softhsm-client", [], env);
  try {
    for (let wait = 0; !existsSync(socket) && wait < 100; wait++) await sleep(50);
    await client.invoke("open", { module, pin: PIN });
    const rows: SoftHsmRow[] = [];
    for (const name of NAMES) {
      const row = await measureRow(name, server.pid!, client, testbed, plan);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  } finally {
    await client.stop();
    server.kill("SIGTERM");
  }
}

/** Measures one workload, alternating between the two HSMs. Returns undefined if SoftHSM2 does not support it. */
async function measureRow(
  name: string,
  pid: number,
  client: Child<SoftHsmClientProgram>,
  testbed: Testbed,
  plan: Plan,
): Promise<SoftHsmRow | undefined> {
  const workload = WORKLOADS.find((candidate) => candidate.name === name)!;
  const { requests } = await wireWorkload(workload, testbed.hsm);
  const call = { calls: requests, concurrency: CONCURRENCY, connections: CONNECTIONS, tokens: [TOKEN] };
  const theirs: { cpu: number; perSecond: number }[] = [];
  const ours: { cpu: number; perSecond: number }[] = [];
  await loadTarget(testbed.loader, testbed.servers.own, { ...call, seconds: plan.warmUpSeconds });
  for (let round = 0; round < plan.sideRounds; round++) {
    const before = cpuMicrosecondsOfTree(pid);
    const result = await client.invoke("run", { name, seconds: plan.seconds });
    if ("unsupported" in result) return undefined;
    theirs.push({ cpu: (cpuMicrosecondsOfTree(pid) - before) / result.calls, perSecond: result.perSecond });
    const own = await loadTarget(testbed.loader, testbed.servers.own, { ...call, seconds: plan.seconds });
    ours.push({ cpu: own.cpu, perSecond: own.succeeded / own.seconds });
  }
  return { title: workload.title, softHsm: spreads(theirs), ours: spreads(ours) };
}

function spreads(rounds: readonly { cpu: number; perSecond: number }[]) {
  return { cpu: spreadOf(rounds.map(({ cpu }) => cpu)), perSecond: spreadOf(rounds.map(({ perSecond }) => perSecond)) };
}
