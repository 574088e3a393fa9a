#!/usr/bin/env node
/**
 * Runs the benchmarks. `pnpm bench` measures the whole matrix in a few minutes and writes docs/performance.md, charts and JSON.
 * `pnpm bench --quick` measures the same in less than a minute, prints the tables and writes no documents. `--json FILE` also
 * writes the results to FILE.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { measureClient } from "./measure/client.ts";
import { measureEcdsa, measureKeyOpening, measureParts } from "./measure/engine.ts";
import { measureMatrix } from "./measure/matrix.ts";
import { measureProcesses } from "./measure/processes.ts";
import { measureStart } from "./measure/program.ts";
import { measureSoftHsm } from "./measure/softhsm.ts";
import { measureTailLatency } from "./measure/tail-latency.ts";
import { FULL, type Plan, QUICK } from "./plan.ts";
import { writeDocument } from "./report/document.ts";
import { describeMachine } from "./report/machine.ts";
import { markdownOf } from "./report/markdown.ts";
import { count, us } from "./report/numbers.ts";
import type { MatrixRow, Results } from "./results.ts";
import { judge } from "./targets.ts";
import { startTestbed } from "./testbed.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, json: { type: "string" } } });
const results = await measure(values.quick ? QUICK : FULL);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 1)}\n`);
if (values.quick) process.stdout.write(`${markdownOf(results, [])}\n`);
else {
  writeDocument(results);
  for (const { id, verdict, found } of judge(results)) process.stdout.write(`${id} ${verdict}: ${found}\n`);
  process.stdout.write("written to docs/performance.md\n");
}

async function measure(plan: Plan): Promise<Results> {
  const loadBefore = loadavg()[0]!;
  const testbed = await startTestbed();
  try {
    return {
      date: new Date().toISOString().slice(0, 10),
      plan: plan.name,
      matrix: await measureMatrix(testbed, plan, reportRow),
      ecdsa: await withProgress("raw ECDSA", measureEcdsa(testbed, plan)),
      keyOpening: await withProgress("opening keys", measureKeyOpening(testbed, plan)),
      parts: await withProgress("messages in parts", measureParts(testbed, plan)),
      client: await withProgress("client", measureClient(testbed, plan)),
      tailLatency: await withProgress("tail latency", measureTailLatency(testbed, plan)),
      softHsm: await withProgress("SoftHSM2", measureSoftHsm(testbed, plan)),
      start: await withProgress("start and memory", measureStart(testbed, plan)),
      processes: await withProgress("processes", measureProcesses(testbed, plan)),
      machine: describeMachine(loadBefore),
    };
  } finally {
    await testbed.close();
  }
}

/** Prints a finished row on stderr to show progress. */
function reportRow({ title, servers }: MatrixRow): void {
  const { cpu, callsPerSecond } = servers.own;
  process.stderr.write(`${title}: ${us(cpu.median)}, ${count(callsPerSecond.median)}/s\n`);
}

async function withProgress<T>(what: string, measuring: Promise<T>): Promise<T> {
  process.stderr.write(`${what} ...\n`);
  const result = await measuring;
  if (result !== null && typeof result === "object" && "skipped" in result)
    process.stderr.write(`  ${result.skipped}\n`);
  return result;
}
