/** Runs a developer server on free ports with its own keyring, for the demo and for checking documents. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SERVER = join(root, "apps", "server", "dist", "main.js");
const START_MS = 30_000;

/**
 * Starts a developer server in a new folder and waits until it is ready. `report` is the content of its ready file. `environment`
 * contains the variables that clients need to reach it without TLS. `stop` also removes the folder.
 */
export async function startDeveloperServer() {
  const folder = mkdtempSync(join(tmpdir(), "grep11-developer-"));
  const dataDir = join(folder, "data");
  let running = await launch(folder, dataDir);
  return {
    folder,
    dataDir,
    get report() {
      return running.report;
    },
    get environment() {
      return { GREP11_ADDRESS: running.report.grpc };
    },
    /** Stops the server and starts another one with the same keyring. */
    async restart() {
      await running.end();
      running = await launch(folder, dataDir);
    },
    async stop() {
      await running.end();
      rmSync(folder, { recursive: true });
    },
  };
}

async function launch(folder, dataDir) {
  const readyFile = join(folder, "ready.json");
  rmSync(readyFile, { force: true });
  const ports = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
  const args = [SERVER, "--dev", "--data-dir", dataDir, ...ports, "--ready-file", readyFile];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => {
    said = (said + text).slice(-10_000);
  });
  const exited = once(child, "exit");
  const deadline = Date.now() + START_MS;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`the developer server did not start:\n${said}`);
    }
    await sleep(50);
  }
  return {
    report: JSON.parse(readFileSync(readyFile, "utf8")),
    async end() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
