import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import { type Latency, latencyOf } from "../bench/latency.ts";
import { type PreparedCall, WORKLOADS, type Workload } from "../bench/workloads.ts";
import { defineCommand } from "../command.ts";
import { printJson, printLine } from "../terminal/output.ts";

/** The result of one workload. Latencies are in milliseconds. */
interface Measured extends Latency {
  readonly name: string;
  readonly title: string;
  readonly calls: number;
  readonly callsPerSecond: number;
}

/** The calls are made for this fraction of the measured time first, without being measured. */
const WARM_UP = 0.2;

export const bench = defineCommand({
  name: "bench",
  summary: "measure how fast the HSM responds",
  details: [
    "Runs each workload for a few seconds and prints the calls per second and the latency at the 50th, 95th and 99th percentile. The HSM generates the keys; nothing is kept. The results include the network and this client, which needs a processor core for about ten thousand calls per second.",
    `Workloads: ${WORKLOADS.map(({ name }) => name).join(", ")}.`,
  ],
  args: "[WORKLOAD...]",
  argChoices: WORKLOADS.map(({ name }) => name),
  flags: {
    concurrency: { kind: "number", value: "N", help: "concurrent calls", default: 16 },
    seconds: { kind: "number", value: "N", help: "time for each workload", default: 2 },
    ...JSON_OUTPUT,
  },
  examples: ["grep11 bench", "grep11 bench aes-cbc ecdsa-p256 --concurrency 64 --seconds 10"],
  async run({ hsm, options, io, flags, args }) {
    const chosen = args.length === 0 ? WORKLOADS : args.map(workloadOf);
    const concurrency = Math.ceil(flags.concurrency);
    const width = Math.max(...chosen.map(({ title }) => title.length));
    if (!flags.json) await printLine(io, `${"".padEnd(width)}   calls/s    50 %    95 %    99 %  (ms)`);
    const results: Measured[] = [];
    for (const workload of chosen) {
      const calls = await workload.prepare(hsm, options);
      await repeat(hsm, calls, concurrency, flags.seconds * WARM_UP, options);
      const { times, seconds } = await repeat(hsm, calls, concurrency, flags.seconds, options);
      const measured: Measured = {
        name: workload.name,
        title: workload.title,
        calls: times.length,
        callsPerSecond: times.length / seconds,
        ...latencyOf(times),
      };
      results.push(measured);
      if (!flags.json) await printLine(io, tableLine(measured, width));
    }
    if (flags.json) await printJson(io, { concurrency, seconds: flags.seconds, results });
  },
});

function workloadOf(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (found === undefined) throw new UsageError(`there is no workload ${name}; see grep11 help bench`);
  return found;
}

/** Repeats `calls` in turn, `concurrency` at a time. Returns each call's duration in milliseconds, and the total in seconds. */
async function repeat(
  hsm: ck.Ep11,
  calls: readonly PreparedCall[],
  concurrency: number,
  seconds: number,
  options: ck.CallOptions,
): Promise<{ times: number[]; seconds: number }> {
  const times: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  async function worker(): Promise<void> {
    for (let now = performance.now(); now < until; now = performance.now()) {
      const { method, request } = calls[next++ % calls.length]!;
      await (hsm[method] as (request: PreparedCall["request"], options: ck.CallOptions) => Promise<unknown>)(
        request,
        options,
      );
      times.push(performance.now() - now);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { times, seconds: (performance.now() - began) / 1000 };
}

function tableLine({ title, callsPerSecond, p50, p95, p99 }: Measured, width: number): string {
  const ms = (time: number): string => time.toFixed(2).padStart(8);
  return `${title.padEnd(width)}${Math.round(callsPerSecond).toString().padStart(10)}${ms(p50)}${ms(p95)}${ms(p99)}`;
}
