#!/usr/bin/env node
/**
 * Runs one task of the repository. A task is a list of commands, which run with the repository's own Node (scripts/bootstrap.mjs
 * and the root package.json ensure that). A task stops at its first failure. Only `check`, which CI runs, reports all failures;
 * it must leave the working tree unchanged.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPrograms } from "./programs.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const turbo = ["turbo", "run", "--concurrency=2"];

const build = [...turbo, "build", "--output-logs=errors-only"];
const tests = [...turbo, "test", "--output-logs=new-only", "--continue"];

const tasks = {
  install: [],
  build: [build],
  test: [build, tests],
  bench: [build, ["node", "packages/bench/dist/main.js", ...process.argv.slice(3)]],
  demo: [build, ["node", "scripts/demo.mjs"]],
  lint: [
    ["biome", "check", "."],
    ["buf", "lint"],
    ["node", "scripts/check-references.mjs"],
  ],
  check: [
    [...turbo, "generate"],
    build,
    ["tsc", "-p", "tsconfig.test.json"],
    ["biome", "check", "--error-on-warnings", "."],
    ["buf", "lint"],
    ["depcruise", "--config", ".dependency-cruiser.mjs", "--output-type", "err", "packages/*/src", "apps/*/src"],
    ["node", "scripts/check-files.mjs"],
    ["node", "scripts/check-references.mjs"],
    ["node", "scripts/check-language.mjs"],
    ["node", "scripts/check-commits.mjs"],
    ["node", "--disable-warning=ExperimentalWarning", "scripts/check-docs.mjs"],
    ["node", "scripts/check-packages.mjs"],
    tests,
  ],
};

const name = process.argv[2];
const commands = tasks[name];
if (commands === undefined) {
  console.error(`usage: node scripts/tasks.mjs ${Object.keys(tasks).join("|")}`);
  process.exit(2);
}

installPrograms();
const before = name === "check" ? treeState() : undefined;
const failed = [];
for (const [command, ...args] of commands) {
  const line = [command, ...args].join(" ");
  console.error(`\n> ${line}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: environment() });
  if (status === 0) continue;
  failed.push(line);
  if (name !== "check") break;
}
if (before !== undefined && before !== treeState()) failed.push("the tree has changed: commit the generated files");
for (const line of failed) console.error(`\nfailed: ${line}`);
process.exit(failed.length === 0 ? 0 : 1);

/**
 * Returns the environment of the commands, in which Node 24 and the tools are first on the PATH. GREP11_VECTORS says whether the
 * test vectors exist, because cached results of tests depend on that.
 */
function environment() {
  return {
    ...process.env,
    PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH}`,
    TURBO_TELEMETRY_DISABLED: "1",
    GREP11_VECTORS: existsSync(join(root, "..", "shared", "vectors")) ? "present" : "absent",
  };
}

/** Returns the state of the working tree according to git, as text; empty outside a git checkout. */
function treeState() {
  const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 }).stdout ?? "";
  return git("status", "--porcelain") + git("diff");
}
