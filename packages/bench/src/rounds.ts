/** Measures several variants in turn, so that changes in the load of the machine affect all of them alike. */
import type { Child } from "./child.ts";
import type { LoadPlan, LoadResult } from "./grpc-load.ts";
import type { Plan } from "./plan.ts";
import { cpuMicroseconds } from "./process-usage.ts";
import type { LoadProgram } from "./programs/load.ts";
import type { Figures } from "./results.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { type Target, TOKEN } from "./testbed.ts";

type Numbers<K extends string> = Readonly<Record<K, number>>;

/** The measurements of one kind of load in one round. */
export type Round = Numbers<keyof Figures>;

/**
 * Measures each of `variants` once as a warm-up, and then all of them in turn `rounds` times. Prints a dot for each
 * round. Returns the spreads of the numbers of each variant.
 */
export async function inTurn<V, K extends string>(
  rounds: number,
  variants: readonly V[],
  measure: (variant: V, isWarmUp: boolean) => Promise<Numbers<K>>,
): Promise<Readonly<Record<K, Spread>>[]> {
  for (const variant of variants) await measure(variant, true);
  const measured = variants.map((): Numbers<K>[] => []);
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(".");
    for (const [index, variant] of variants.entries()) measured[index]!.push(await measure(variant, false));
  }
  return measured.map(spreadsOf);
}

/** Like inTurn, but for only one variant. */
export async function repeat<K extends string>(
  rounds: number,
  measure: (isWarmUp: boolean) => Promise<Numbers<K>>,
): Promise<Readonly<Record<K, Spread>>> {
  const [spreads] = await inTurn(rounds, [undefined], (_, isWarmUp) => measure(isWarmUp));
  return spreads!;
}

/** Returns the spread of each number over all rounds. */
function spreadsOf<K extends string>(rounds: readonly Numbers<K>[]): Readonly<Record<K, Spread>> {
  const names = Object.keys(rounds[0]!) as K[];
  const spreads = names.map((name) => [name, spreadOf(rounds.map((round) => round[name]))]);
  return Object.fromEntries(spreads) as Record<K, Spread>;
}

/** Puts load on `target` and measures it. */
export async function measureLoad(
  loader: Child<LoadProgram>,
  { pid, ...address }: Target,
  load: Omit<LoadPlan, "port" | "ca" | "tokens">,
): Promise<Round> {
  const before = cpuMicroseconds(pid);
  const result = await loader.invoke("load", { ...load, ...address, tokens: [TOKEN] });
  return roundOf(result, cpuMicroseconds(pid) - before);
}

/** Returns the numbers of one round, in which the server used `cpu` microseconds of processor time. */
export function roundOf(result: LoadResult, cpu: number): Round {
  return {
    cpu: cpu / result.succeeded,
    callsPerSecond: result.succeeded / result.seconds,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    clientLoad: result.clientCpuMicroseconds / (result.seconds * 1e6),
  };
}

/** Returns how many seconds to measure. A warm-up is shorter. */
export function secondsOf({ seconds, warmUpSeconds }: Plan, isWarmUp: boolean): number {
  return isWarmUp ? warmUpSeconds : seconds;
}
