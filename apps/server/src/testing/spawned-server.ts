/** Runs the built program as a child process, for tests. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ReadyReport } from "../files/ready-file.ts";

const PROGRAM = fileURLToPath(new URL("../../bundle/main.js", import.meta.url));
const START_MS = 15_000;

/** A server that accepts calls. */
export interface SpawnedServer {
  readonly report: ReadyReport;
  /** Returns everything that the server has written to stderr so far. */
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  /** Stops the server with SIGTERM and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Returns the options of a developer server on free ports, with its files in `directory`. */
export function devArguments(directory: string): string[] {
  const ports = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
  return ["--dev", "--data-dir", join(directory, "data"), ...ports];
}

/**
 * Starts the program with `args` and a ready file in `directory`, and resolves when that file exists. `stderr` can be a file
 * descriptor for standard error; then the output is not collected.
 */
export async function spawnServer(
  directory: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  stderr: number | "pipe" = "pipe",
): Promise<SpawnedServer> {
  const readyFile = join(directory, `ready-${Math.random().toString(36).slice(2)}.json`);
  const [child, stderrText] = start([...args, "--ready-file", readyFile], environment, stderr);
  const exit = once(child, "exit") as Promise<[number | null]>;
  const deadline = Date.now() + START_MS;
  for (;;) {
    const report = await readFile(readyFile, "utf8").catch(() => undefined);
    if (report !== undefined) {
      return {
        report: JSON.parse(report) as ReadyReport,
        stderr: stderrText,
        signal: (name) => void child.kill(name),
        async stop() {
          child.kill("SIGTERM");
          return (await exit)[0];
        },
      };
    }
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`the server did not start:\n${stderrText()}`);
    }
    await sleep(20);
  }
}

/** Returns the process ids of the children of `parent`. */
export function childrenOf(parent: number): number[] {
  const listed = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const rows = listed.map((line) => line.trim().split(/\s+/));
  return rows.filter(([, of, name]) => Number(of) === parent && name !== "ps").map(([pid]) => Number(pid));
}

/** The result of a run of the program that has ended. */
export interface FinishedProgram {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program until it ends. */
export async function runProgram(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<FinishedProgram> {
  const [child, stderr] = start(args, environment);
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr: stderr() };
}

function start(
  args: readonly string[],
  environment: Record<string, string>,
  stderrTo: number | "pipe" = "pipe",
): [ChildProcess, () => string] {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", stderrTo],
    env: { ...process.env, ...environment },
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return [child, () => stderr];
}
