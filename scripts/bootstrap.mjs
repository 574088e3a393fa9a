#!/usr/bin/env node
/**
 * The entry point of the repository for a machine that has only Node 20 and npm:
 *   node scripts/bootstrap.mjs <task>      (scripts/tasks.mjs defines the tasks)
 * It finds pnpm in the version that package.json names, or lets npx download that version. It installs the dependencies if the
 * lockfile or a manifest has changed since the last time, and runs the task with the installed Node 24. It imports nothing
 * outside Node's standard library and uses nothing newer than Node 20.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pnpmSpec = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;

const pnpm = pnpmCommand();
if (!isInstalled()) {
  run(["install", "--frozen-lockfile"]);
  writeFileSync(stampFile(), manifestHash());
}
run(["exec", "node", "scripts/tasks.mjs", ...process.argv.slice(2)]);

/** Returns the command `pnpm` if it has the required version, else npx with that version. */
function pnpmCommand() {
  const found = spawnSync("pnpm", ["--version"], { cwd: root, encoding: "utf8" });
  if (found.status === 0 && `pnpm@${found.stdout.trim()}` === pnpmSpec) return ["pnpm"];
  return ["npx", "--yes", "--prefer-offline", pnpmSpec];
}

/** Returns the path of a file that contains the hash of what the last installation depended on. */
function stampFile() {
  return join(root, "node_modules", ".grep11-installed");
}

function isInstalled() {
  return existsSync(stampFile()) && readFileSync(stampFile(), "utf8") === manifestHash();
}

/** Returns a hash of all files that an installation depends on. */
function manifestHash() {
  const manifests = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, "package.json")),
  );
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests.sort()]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

function run(args) {
  const [command, ...before] = pnpm;
  const { status, error } = spawnSync(command, [...before, ...args], { cwd: root, stdio: "inherit" });
  if (error) console.error(`cannot run ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
