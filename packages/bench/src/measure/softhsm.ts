/** P9: SoftHSM2 reached over a socket by p11-kit, beside ours. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WORKLOADS } from "grep11";
import { type Child, startChild } from "../child.ts";
import { type Field, loadTarget, TOKEN } from "../field.ts";
import type { Plan } from "../plan.ts";
import { cpuMicrosecondsOfTree } from "../process-usage.ts";
import type { SoftHsmClientProgram } from "../programs/softhsm-client.ts";
import type { Skipped, SoftHsmRow } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { wireWorkload } from "../wire-calls.ts";

/** Where Debian puts them. */
const PROVIDERS = ["/usr/lib/softhsm/libsofthsm2.so"];
const CLIENT_MODULES = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/pkcs11/p11-kit-client.so`);
const PROGRAMS = ["/usr/bin/softhsm2-util", "/usr/bin/p11-kit", "/usr/libexec/p11-kit/p11-kit-server"];
/** Ours takes calls of many callers over the same connections. */
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

/** The workloads that both offer. */
export async function measureSoftHsm(field: Field, plan: Plan): Promise<readonly SoftHsmRow[] | Skipped> {
  const provider = PROVIDERS.find(existsSync);
  const module = CLIENT_MODULES.find(existsSync);
  if (provider === undefined || module === undefined || !PROGRAMS.every(existsSync)) {
    return { skipped: "SoftHSM2 and p11-kit are not installed (apt-get install softhsm2 p11-kit opensc)" };
  }
  const folder = mkdtempSync(join(tmpdir(), "grep11-softhsm-"));
  try {
    return await measureIn(folder, provider, module, field, plan);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureIn(
  folder: string,
  provider: string,
  module: string,
  field: Field,
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
    await client.ask("open", { module, pin: PIN });
    const rows: SoftHsmRow[] = [];
    for (const name of NAMES) {
      const row = await measureRow(name, server.pid!, client, field, plan);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  } finally {
    await client.stop();
    server.kill("SIGTERM");
  }
}

/** One workload in turn on both; undefined where SoftHSM2 does not offer it. */
async function measureRow(
  name: string,
  pid: number,
  client: Child<SoftHsmClientProgram>,
  field: Field,
  plan: Plan,
): Promise<SoftHsmRow | undefined> {
  const workload = WORKLOADS.find((candidate) => candidate.name === name)!;
  const { requests } = await wireWorkload(workload, field.hsm);
  const call = { calls: requests, concurrency: CONCURRENCY, connections: CONNECTIONS, tokens: [TOKEN] };
  const theirs: { cpu: number; perSecond: number }[] = [];
  const ours: { cpu: number; perSecond: number }[] = [];
  await loadTarget(field.loader, field.servers.fast, { ...call, seconds: plan.warmUpSeconds });
  for (let round = 0; round < plan.sideRounds; round++) {
    const before = cpuMicrosecondsOfTree(pid);
    const result = await client.ask("run", { name, seconds: plan.seconds });
    if ("missing" in result) return undefined;
    theirs.push({ cpu: (cpuMicrosecondsOfTree(pid) - before) / result.calls, perSecond: result.perSecond });
    const own = await loadTarget(field.loader, field.servers.fast, { ...call, seconds: plan.seconds });
    ours.push({ cpu: own.cpu, perSecond: own.answered / own.seconds });
  }
  return { title: workload.title, softHsm: spreads(theirs), ours: spreads(ours) };
}

function spreads(rounds: readonly { cpu: number; perSecond: number }[]) {
  return { cpu: spreadOf(rounds.map(({ cpu }) => cpu)), perSecond: spreadOf(rounds.map(({ perSecond }) => perSecond)) };
}
