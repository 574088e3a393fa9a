#!/usr/bin/env node
/**
 * Runs the contract on the engine in one process and reports as JSON how long its calls keep the event loop at once, in
 * milliseconds: the worst by function and mechanism, and how many of its calls were over the limit of 5 ms, without garbage
 * collection. Single ones met another process or the compiler; exit code 1 if they are more than one in a hundred.
 * test/event-loop.test.ts asks the same of every function and key by itself. Takes filters of vitest as arguments.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LIMIT = 5;
const SHARE = 0.01;
const SHOWN = 25;
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "grep11-event-loop-"));

const vitest = spawnSync(
  join(root, "../../node_modules/.bin/vitest"),
  [
    ...["run", "--config", "../../vitest.config.ts", "--dir", "test", "--reporter=dot", "-t", "on engine|sweeps"],
    ...["--pool=forks", "--no-isolate", "--no-file-parallelism", "--max-workers=1", ...process.argv.slice(2)],
  ],
  { cwd: root, env: { ...process.env, GREP11_LOOP_REPORT: folder }, stdio: ["ignore", "ignore", "inherit"] },
);

const calls = new Map();
const stretches = new Map();
for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
  for (const [of, count] of report.calls) calls.set(of, (calls.get(of) ?? 0) + count);
  for (const [of, milliseconds] of report.stretches) {
    stretches.set(of, [...(stretches.get(of) ?? []), Math.round(100 * milliseconds) / 100]);
  }
}
rmSync(folder, { recursive: true });

const summaries = Array.from(stretches, ([name, all]) => {
  const worst = all.sort((a, b) => b - a).slice(0, 3);
  return { name, calls: calls.get(name), worst, over: all.filter((each) => each > LIMIT).length };
});
const total = Array.from(calls.values()).reduce((sum, count) => sum + count, 0);
const over = summaries.reduce((sum, summary) => sum + summary.over, 0);
const failing = summaries.filter((each) => each.over > 1 && each.over > SHARE * each.calls);
const worst = summaries.sort((a, b) => (b.worst[1] ?? 0) - (a.worst[1] ?? 0)).slice(0, SHOWN);
console.log(JSON.stringify({ calls: total, over, passed: vitest.status === 0, failing, worst }, undefined, 1));
if (failing.length > 0 || vitest.status !== 0) process.exitCode = 1;
