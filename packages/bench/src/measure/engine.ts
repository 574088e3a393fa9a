/** Measures the engine without a server: raw ECDSA (target P3), opening keys (P4) and long messages (P6). */
import type * as ck from "@grep11/cryptoki";
import type { Plan } from "../plan.ts";
import type { EcdsaRow, KeyOpening, PartsRow } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import type { Testbed } from "../testbed.ts";

const CURVES: readonly ck.CurveName[] = [
  "P-256",
  "P-384",
  "P-521",
  "brainpoolP256r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
  "secp256k1",
];
/** How many parts a message has; each part is 1 MiB long. */
const PARTS = 16;

/** Measures signing and verifying on every curve of target P3. */
export async function measureEcdsa({ inProcess }: Testbed, plan: Plan): Promise<EcdsaRow[]> {
  const rows: EcdsaRow[] = [];
  for (const curve of CURVES) {
    for (const operation of ["sign", "verify"] as const) {
      const argument = { curve, verify: operation === "verify", seconds: plan.sliceSeconds };
      await inProcess.invoke("ecdsa", argument);
      const rounds = await repeat(plan.sideRounds, () => inProcess.invoke("ecdsa", argument));
      rows.push({
        curve,
        operation,
        engine: spreadOf(rounds.map(({ engineUs }) => engineUs)),
        yardstick: spreadOf(rounds.map(({ yardstickUs }) => yardstickUs)),
        library: rounds[0]!.library,
      });
    }
  }
  return rows;
}

/** Measures the cheapest operation with a key, both with the key in the cache and without. */
export async function measureKeyOpening({ inProcess }: Testbed, plan: Plan): Promise<KeyOpening> {
  await inProcess.invoke("keyOpening", { seconds: plan.sliceSeconds });
  const rounds = await repeat(plan.sideRounds, () => inProcess.invoke("keyOpening", { seconds: plan.sliceSeconds }));
  return {
    seenKey: spreadOf(rounds.map(({ cachedUs }) => cachedUs)),
    newKey: spreadOf(rounds.map(({ uncachedUs }) => uncachedUs)),
    cipher: spreadOf(rounds.map(({ cipherUs }) => cipherUs)),
  };
}

/** Measures messages that consist of many parts. */
export async function measureParts({ inProcess }: Testbed, plan: Plan): Promise<PartsRow[]> {
  const rows: PartsRow[] = [];
  for (const operation of ["encrypt", "digest"] as const) {
    await inProcess.invoke("parts", { operation, count: PARTS });
    const rounds = await repeat(plan.sideRounds, () => inProcess.invoke("parts", { operation, count: PARTS }));
    const mean = (costs: readonly number[]): number => costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    rows.push({
      operation,
      parts: PARTS,
      part: spreadOf(rounds.map(({ costs }) => mean(costs))),
      primitive: spreadOf(rounds.map(({ primitiveUs }) => primitiveUs)),
      early: mean(rounds.flatMap(({ costs }) => costs.slice(0, PARTS / 2))),
      late: mean(rounds.flatMap(({ costs }) => costs.slice(PARTS / 2))),
      // The state that Init returns does not contain a running state yet, so the first size to report is the one after the first
      // part.
      firstState: rounds[0]!.sizes[1]!,
      lastState: rounds[0]!.sizes.at(-1)!,
    });
  }
  return rows;
}

/** Calls `measure` `times` times, one call after the other, and returns the results. */
async function repeat<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < times; round++) results.push(await measure());
  return results;
}
