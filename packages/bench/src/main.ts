#!/usr/bin/env node
/**
 * Runs the benchmarks. `pnpm bench` measures everything in about ten minutes and writes docs/performance.md, charts and
 * JSON.
 * - `--quick` measures the same in about two minutes, and writes no documents.
 * - `--only P1,P10` measures only what these targets need, and writes no documents.
 * - `--rounds N` changes how often everything is measured.
 * - `--json FILE` also writes the results to FILE.
 * - `--profile FILE` only records a CPU profile of the server during EncryptSingle and prints where the time went.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { measureCalls } from "./measure/calls.ts";
import { measureClient } from "./measure/client.ts";
import { measureEngine, measureSigning } from "./measure/engine.ts";
import { measureMatrix } from "./measure/matrix.ts";
import { measureParts } from "./measure/parts.ts";
import { measurePeers } from "./measure/peers.ts";
import { measureProcesses } from "./measure/processes.ts";
import { recordProfile } from "./measure/profile.ts";
import { measureStart } from "./measure/program.ts";
import { measureTailLatency } from "./measure/tail-latency.ts";
import { FULL, type Plan, QUICK } from "./plan.ts";
import { writeDocument } from "./report/document.ts";
import { describeMachine } from "./report/machine.ts";
import { markdownOf } from "./report/markdown.ts";
import type { Results, Sections } from "./results.ts";
import { judge, TARGETS } from "./targets/targets.ts";
import { verdictText } from "./targets/verdict.ts";
import { startTestbed, type Testbed } from "./testbed.ts";

/** The functions that measure the sections of the results, in the order in which they run. */
const MEASURES: { readonly [K in keyof Sections]: (testbed: Testbed, plan: Plan) => Promise<Sections[K]> } = {
  calls: measureCalls,
  matrix: measureMatrix,
  signing: measureSigning,
  engine: measureEngine,
  parts: measureParts,
  client: measureClient,
  tailLatency: measureTailLatency,
  peers: measurePeers,
  start: measureStart,
  processes: measureProcesses,
};

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    rounds: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
    profile: { type: "string" },
  },
});
const chosen = values.quick ? QUICK : FULL;
const plan: Plan = values.rounds === undefined ? chosen : { ...chosen, rounds: positive(values.rounds) };
if (values.profile === undefined) await measureAndReport();
else await profileServer(values.profile);

async function measureAndReport(): Promise<void> {
  const results = await measure(values.only?.split(","));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 1)}\n`);
  if (values.quick || values.only !== undefined) process.stdout.write(`${markdownOf(results, [])}\n`);
  else {
    writeDocument(results);
    for (const verdict of judge(results)) {
      process.stdout.write(`${verdict.id} ${verdictText(verdict)}: ${verdict.found}\n`);
    }
    process.stdout.write("written to docs/performance.md\n");
  }
}

/** Measures the sections that the targets in `only` need, or all sections if `only` is undefined. */
async function measure(only: readonly string[] | undefined): Promise<Results> {
  const loadBefore = loadavg()[0]!;
  const wanted = TARGETS.filter(({ id }) => only?.includes(id) ?? true);
  const unknown = only?.find((id) => !wanted.some((target) => target.id === id));
  if (unknown !== undefined) throw new RangeError(`there is no target ${unknown}`);
  const testbed = await startTestbed();
  const sections: Partial<Record<keyof Sections, unknown>> = {};
  try {
    for (const name of Object.keys(MEASURES) as (keyof Sections)[]) {
      if (!wanted.some(({ section }) => section === name)) continue;
      sections[name] = await withProgress(name, () => MEASURES[name](testbed, plan));
    }
    const date = new Date().toISOString().slice(0, 10);
    const machine = describeMachine(loadBefore);
    return { date, plan: plan.name, machine, sections: sections as Partial<Sections> };
  } finally {
    await testbed.close();
  }
}

/** Prints on stderr what is being measured and how long it took. */
async function withProgress(what: string, measuring: () => Promise<unknown>): Promise<unknown> {
  process.stderr.write(`${what} `);
  const began = performance.now();
  const result = await measuring();
  process.stderr.write(` ${Math.round((performance.now() - began) / 1000)} s\n`);
  return result;
}

async function profileServer(file: string): Promise<void> {
  const testbed = await startTestbed();
  try {
    for (const { name, share } of await recordProfile(testbed, plan, file)) {
      process.stdout.write(`${(share * 100).toFixed(1).padStart(5)} %  ${name}\n`);
    }
  } finally {
    await testbed.close();
  }
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--rounds ${text}: expected a positive number`);
  return number;
}
