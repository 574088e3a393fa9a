/** A developer server on free ports with a keyring of its own, for the demo and for checking documents. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const START_MS = 30_000;

/**
 * Start one and wait until it answers. `report` is its ready file, `environment` what clients need to find it without TLS,
 * `binaries` a folder with `grep11` and `grep11-server` as commands. `log` receives its messages.
 */
export async function startDeveloperServer({ log = "ignore" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "grep11-demo-"));
  const readyFile = join(folder, "ready.json");
  const ports = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
  const program = join(root, "apps", "server", "dist", "main.js");
  const child = spawn(
    process.execPath,
    [program, "--dev", "--data-dir", join(folder, "data"), ...ports, "--ready-file", readyFile],
    { stdio: ["ignore", log, log] },
  );
  const exited = once(child, "exit");
  const deadline = Date.now() + START_MS;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`the developer server did not start (exit code ${child.exitCode})`);
    }
    await sleep(50);
  }
  const report = JSON.parse(readFileSync(readyFile, "utf8"));
  return {
    report,
    folder,
    environment: { GREP11_ADDRESS: report.grpc },
    binaries: binaries(folder),
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

/** The built programs as commands. */
function binaries(folder) {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const [name, main] of [
    ["grep11", join(root, "packages", "cli", "dist", "main.js")],
    ["grep11-server", join(root, "apps", "server", "dist", "main.js")],
  ]) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
