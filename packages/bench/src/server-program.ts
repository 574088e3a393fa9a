/** Runs the `grep11-server` program as its users do, to measure its start-up time, memory and processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { ClientHttp2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openSession, send, type WireCall } from "./grpc-load.ts";

const PROGRAM = fileURLToPath(new URL("../../../apps/server/bundle/main.js", import.meta.url));
const POLL_MS = 2;
const START_TIMEOUT_MS = 20_000;

/** A folder with the keyring and the certificates of a server. The server reuses them when it is started again. */
interface DataFolder {
  readonly path: string;
  remove(): void;
}

/** Creates an empty folder. */
export function createDataFolder(): DataFolder {
  const path = mkdtempSync(join(tmpdir(), "grep11-bench-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A running server program. */
export interface ServerProgram {
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from the start of the program to the response to the first call. */
  readonly firstAnswerMs: number;
  stop(): Promise<void>;
}

/** Starts a developer server in `folder` and makes `firstCall`. Throws an Error if there is no response. */
export async function startServerProgram(
  folder: DataFolder,
  firstCall: WireCall,
  options: readonly string[] = [],
): Promise<ServerProgram> {
  const readyFile = join(folder.path, "ready.json");
  rmSync(readyFile, { force: true });
  const ports = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
  const files = ["--data-dir", join(folder.path, "data"), "--ready-file", readyFile];
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [...v8Options(), PROGRAM, "--dev", "--log-level", "error", ...ports, ...files, ...options],
    {
      stdio: "ignore",
    },
  );
  try {
    const port = await readPort(child, readyFile, began);
    const session = await openSession({ port });
    await requireSuccess(session, firstCall);
    const firstAnswerMs = performance.now() - began;
    session.close();
    return { pid: child.pid!, port, firstAnswerMs, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

/** Returns the V8 options in the first line (#!) of the program. */
function v8Options(): readonly string[] {
  return readFileSync(PROGRAM, "utf8")
    .split("\n", 1)[0]!
    .split(" ")
    .filter((option) => option.startsWith("--"));
}

async function readPort(child: ChildProcess, readyFile: string, began: number): Promise<number> {
  while (child.exitCode === null && performance.now() < began + START_TIMEOUT_MS) {
    const { grpc } = readReport(readyFile);
    if (grpc !== undefined) return Number(grpc.split(":").at(-1));
    await sleep(POLL_MS);
  }
  throw new Error("grep11-server does not start");
}

/** Reads the report that a server writes when it is ready. Returns an empty report before that. */
function readReport(readyFile: string): { readonly grpc?: string } {
  try {
    return JSON.parse(readFileSync(readyFile, "utf8")) as { grpc: string };
  } catch {
    return {};
  }
}

async function requireSuccess(session: ClientHttp2Session, call: WireCall): Promise<void> {
  const status = await send(session, call, "");
  if (status !== "0") throw new Error(`grep11-server responded to its first call with grpc-status ${status}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
