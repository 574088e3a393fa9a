#!/usr/bin/env node
/**
 * Measures how long calls block the event loop while the whole contract suite runs on the engine. The suite runs
 * several times in the same order, and only the shortest time of each call counts. That excludes delays by the
 * scheduler and the JIT compiler, which affect different calls each time. Garbage collection is not counted. Prints how
 * many calls exceeded 5 ms in each run and in all runs, and the longest times in milliseconds, as JSON. The exit code
 * is 1 if a call exceeded 5 ms in all runs. `--runs N` sets the number of runs (default 5). Other arguments are passed
 * to vitest as filters.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const LIMIT = 5;
const SHOWN = 15;
const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "5" } },
  allowPositionals: true,
});

/** Runs the suite and returns the times of all calls, grouped by test and function. */
function runContract() {
  const folder = mkdtempSync(join(tmpdir(), "grep11-event-loop-"));
  const { status } = spawnSync(
    join(root, "../../node_modules/.bin/vitest"),
    [
      ...["run", "--config", "../../vitest.config.ts", "--dir", "test", "--reporter=dot", "-t", "on engine|sweeps"],
      ...["--pool=forks", "--no-isolate", "--no-file-parallelism", "--max-workers=1", "--no-cache", ...positionals],
    ],
    { cwd: root, env: { ...process.env, GREP11_LOOP_REPORT: folder }, stdio: ["ignore", "ignore", "inherit"] },
  );
  const stretches = new Map();
  for (const name of readdirSync(folder)) {
    for (const record of JSON.parse(readFileSync(join(folder, name), "utf8"))) {
      const key = `${record.test}\n${record.name}`;
      stretches.set(key, [...(stretches.get(key) ?? []), ...record.stretches]);
    }
  }
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error("the contract suite failed");
  return stretches;
}

const countOver = (run) =>
  Array.from(run.values())
    .flat()
    .filter((each) => each > LIMIT).length;

/**
 * Compares two runs and returns the shorter time of each call. Random retries can give the runs different numbers of
 * calls. Then the calls cannot be matched by position, so both lists are sorted first.
 */
function shorter(one, other) {
  if (one.length === other.length) return one.map((each, at) => Math.min(each, other[at]));
  const [a, b] = [one, other].map((all) => all.toSorted((x, y) => y - x));
  return a.slice(0, b.length).map((each, at) => Math.min(each, b[at]));
}

const seen = [];
let least = new Map();
for (let run = 1; run <= Number(values.runs); run++) {
  const found = runContract();
  seen.push(countOver(found));
  least = run === 1 ? found : new Map(Array.from(least, ([key, all]) => [key, shorter(all, found.get(key) ?? [])]));
  process.stderr.write(
    `run ${run} of ${values.runs}: ${seen.at(-1)} calls over ${LIMIT} ms, ${countOver(least)} in every run\n`,
  );
}

const longest = Array.from(least, ([key, all]) => {
  const [test, name] = key.split("\n");
  return { milliseconds: all.reduce((a, b) => Math.max(a, b), 0), name, test: test.replace(root, "") };
}).sort((a, b) => b.milliseconds - a.milliseconds);
const calls = Array.from(least.values()).reduce((sum, all) => sum + all.length, 0);
const over = countOver(least);
console.log(JSON.stringify({ calls, seen, over, longest: longest.slice(0, SHOWN) }, undefined, 1));
if (over > 0) process.exitCode = 1;
