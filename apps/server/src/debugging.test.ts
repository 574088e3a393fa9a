import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exposure } from "./debugging.ts";
import { childrenOf, devArguments, runProgram, spawnServer } from "./testing/spawned-server.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grep11-debugging-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Returns the inodes of the TCP sockets that a process listens on. It works only on Linux. */
async function listening(pid: number): Promise<string[]> {
  const open = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) open.add(inode);
  }
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const rows = tables.flatMap((table) => table.split("\n").map((line) => line.trim().split(/\s+/)));
  return rows
    .flatMap(([, , , state, , , , , , inode = ""]) => (state === "0A" && open.has(inode) ? [inode] : []))
    .sort();
}

const LISTENS_ARE_VISIBLE = existsSync("/proc/net/tcp");
if (!LISTENS_ARE_VISIBLE) console.warn("skipped: this system does not show the sockets of a process in /proc");

describe.runIf(LISTENS_ARE_VISIBLE)("SIGUSR1", () => {
  it.each([1, 2])("opens no debugger in a server of %d processes", async (processes) => {
    const server = await spawnServer(directory, [...devArguments(directory), "--processes", String(processes)]);
    const pids = [server.report.pid, ...childrenOf(server.report.pid)];
    expect(pids).toHaveLength(processes === 1 ? 1 : 3);
    const before = await Promise.all(pids.map(listening));
    for (const pid of pids) process.kill(pid, "SIGUSR1");
    await sleep(700);
    expect(await Promise.all(pids.map(listening))).toEqual(before);
    expect(server.stderr()).not.toMatch(/debugger|inspector/i);
    expect(await server.stop()).toBe(0);
  });
});

describe("a Node option that exposes memory", () => {
  it.each([
    "--inspect",
    "--inspect=0.0.0.0:0",
    "--inspect-brk",
    "--inspect-wait",
    "--heapsnapshot-signal=SIGUSR2",
    "--heapsnapshot-near-heap-limit=1",
    "--heap-prof",
    "--abort-on-uncaught-exception",
    "--report-on-signal",
    "--report-on-fatalerror",
    "--report-uncaught-exception",
  ])("is detected: %s", (option) => {
    expect(exposure([option], "")).toContain(option.split("=")[0]);
    expect(exposure([], `--no-warnings ${option}`)).toContain(option.split("=")[0]);
  });

  it("is not confused with other options", () => {
    expect(
      exposure(["--disable-sigusr1", "--max-semi-space-size=8"], "--enable-source-maps --no-warnings"),
    ).toBeUndefined();
  });

  it("stops a configured server, and makes a developer server log a warning", async () => {
    const config = join(directory, "grep11.yaml");
    const file = join(directory, "keyring");
    await writeFile(
      config,
      `ep11crypto: { connection: { port: 0 } }\ngrep11: { keyring: { file: ${file}, keyfile: ${file}.key } }\n`,
    );
    expect((await runProgram(["keyring", "init", "--config", config])).code).toBe(0);
    const refused = await runProgram(["--config", config], { NODE_OPTIONS: "--inspect=127.0.0.1:0" });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("Node's option --inspect exposes the keys of this process");
    const server = await spawnServer(directory, devArguments(directory), {
      NODE_OPTIONS: "--heapsnapshot-signal=SIGUSR2",
    });
    expect(server.stderr()).toContain("anyone who debugs this process can read its keys");
    expect(await server.stop()).toBe(0);
  });
});
