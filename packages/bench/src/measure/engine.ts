/** What the engine does without a server: raw ECDSA (P3), opening keys (P4), long messages (P6). */
import type * as ck from "@grep11/cryptoki";
import type { Field } from "../field.ts";
import type { Plan } from "../plan.ts";
import type { EcdsaRow, KeyOpening, PartsRow } from "../results.ts";
import { spreadOf } from "../statistics.ts";

const CURVES: readonly ck.CurveName[] = [
  "P-256",
  "P-384",
  "P-521",
  "brainpoolP256r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
  "secp256k1",
];
/** Parts of a message, 1 MiB each. */
const PARTS = 16;

/** Signing and verifying on every curve of P3. */
export async function measureEcdsa({ inProcess }: Field, plan: Plan): Promise<EcdsaRow[]> {
  const rows: EcdsaRow[] = [];
  for (const curve of CURVES) {
    for (const operation of ["sign", "verify"] as const) {
      const question = { curve, verify: operation === "verify", seconds: plan.sliceSeconds };
      await inProcess.ask("ecdsa", question);
      const rounds = await repeat(plan.sideRounds, () => inProcess.ask("ecdsa", question));
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

/** The least work with a key, seen before and not. */
export async function measureKeyOpening({ inProcess }: Field, plan: Plan): Promise<KeyOpening> {
  await inProcess.ask("keyOpening", { seconds: plan.sliceSeconds });
  const rounds = await repeat(plan.sideRounds, () => inProcess.ask("keyOpening", { seconds: plan.sliceSeconds }));
  return {
    seenKey: spreadOf(rounds.map(({ seenUs }) => seenUs)),
    newKey: spreadOf(rounds.map(({ newUs }) => newUs)),
    cipher: spreadOf(rounds.map(({ cipherUs }) => cipherUs)),
  };
}

/** Messages of many parts. */
export async function measureParts({ inProcess }: Field, plan: Plan): Promise<PartsRow[]> {
  const rows: PartsRow[] = [];
  for (const operation of ["encrypt", "digest"] as const) {
    await inProcess.ask("parts", { operation, count: PARTS });
    const rounds = await repeat(plan.sideRounds, () => inProcess.ask("parts", { operation, count: PARTS }));
    const mean = (costs: readonly number[]): number => costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    rows.push({
      operation,
      parts: PARTS,
      part: spreadOf(rounds.map(({ costs }) => mean(costs))),
      primitive: spreadOf(rounds.map(({ primitiveUs }) => primitiveUs)),
      early: mean(rounds.flatMap(({ costs }) => costs.slice(0, PARTS / 2))),
      late: mean(rounds.flatMap(({ costs }) => costs.slice(PARTS / 2))),
      // The state that Init returns holds no running state yet.
      firstState: rounds[0]!.sizes[1]!,
      lastState: rounds[0]!.sizes.at(-1)!,
    });
  }
  return rows;
}

/** The answers to `question`, asked `times` times. */
async function repeat<T>(times: number, question: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let round = 0; round < times; round++) answers.push(await question());
  return answers;
}
