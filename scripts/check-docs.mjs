#!/usr/bin/env node
/**
 * Checks the documents:
 * - Every relative link and every path in backticks exists, and every `pnpm x` and `npm run x` is a script.
 * - Every dependency of every package has its reason in docs/dependencies.md.
 * - Every block marked <!-- run --> runs without an error: ```sh against a developer server with `grep11` on PATH and
 *   GREP11_ADDRESS set, and ```js as a program with the same environment.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startDeveloperServer } from "./developer-server.mjs";
import { report, trackedFiles } from "./tracked-files.mjs";

const documents = trackedFiles(/\.md$/);
const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts;

const DEPENDENCIES = join("docs", "dependencies.md");

/** The subcommands of pnpm and npm that are not scripts. */
const BUILT_IN = new Set(["install", "exec", "run", "pack", "dlx", "add", "changeset", "test", "filter"]);

const complaints = [];
const runnable = [];
for (const document of documents) {
  const text = readFileSync(document, "utf8");
  const complain = (what) => complaints.push(`${document}: ${what}`);
  for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
    if (!/^[a-z]+:/.test(target) && !existsSync(join(dirname(document), target))) complain(`dead link ${target}`);
  for (const [, path] of text.matchAll(/`((?:packages|apps|scripts|docs|proto|\.ci|\.changeset)\/[^`\s]*)`/g))
    if (!/[<*{…]/.test(path) && !existsSync(path.replace(/:\d+$|#.*$/, ""))) complain(`no such path ${path}`);
  for (const [, script] of text.matchAll(/(?:^|[\s`])(?:pnpm|npm run) ([a-z][\w-]*)/gm))
    if (!BUILT_IN.has(script) && scripts[script] === undefined) complain(`no script ${script}`);
  for (const [, language, code] of text.matchAll(/<!-- run -->\n```(sh|js)\n([\s\S]*?)```/g))
    runnable.push({ document, language, code });
}

const reasons = readFileSync(DEPENDENCIES, "utf8");
for (const folder of ["packages", "apps"].flatMap((group) => readdirSync(group).map((name) => join(group, name)))) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    if (!version.startsWith("workspace:") && !reasons.includes(`\`${name}\``))
      complaints.push(`${DEPENDENCIES}: no reason for ${name} of ${folder}`);
}

if (runnable.length > 0) {
  const server = await startDeveloperServer();
  try {
    for (const { document, language, code } of runnable) {
      const problem = execute(language, code, server);
      if (problem !== undefined) complaints.push(`${document}: this block fails:\n${code}${problem}`);
    }
  } finally {
    await server.stop();
  }
}

report(`${documents.length} documents, ${runnable.length} blocks run`, complaints);

/** Runs one block. Returns its output if it fails, otherwise undefined. */
function execute(language, code, server) {
  const folder = mkdtempSync(join(tmpdir(), "grep11-docs-"));
  const env = { ...process.env, ...server.environment };
  const run = (command, args, cwd) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 60_000 });
    return status === 0 ? undefined : `exit ${status}\n${stdout}${stderr}`;
  };
  try {
    if (language === "sh") return run("sh", ["-euc", code], folder);
    // The program runs in the root of the repository, as the README tells its readers to do.
    const program = join("node_modules", ".cache", "block.mjs");
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, code);
    return run("node", [program], ".");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
