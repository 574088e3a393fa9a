/** Tests that the model agrees with the engine about a sample of all kinds of calls, and about each step of every attack. */
import { expect, test } from "vitest";
import { adjustPolicy, HPCS_POLICY, STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { HOLES, HPCS, STRICT } from "./holes.ts";
import type { Attempt } from "./moves.ts";
import { attemptOf, pathTo } from "./path.ts";
import { inModel, replay } from "./replay.ts";
import { search } from "./search.ts";

/** How many attempts of each kind of call are repeated. Generating an RSA pair takes a second. */
const SAMPLE = 60;
const RSA_PAIRS = 4;

const CALLS = [
  "generate",
  "change",
  "public half",
  "import public key",
  "agree",
  "derive",
  "child",
  "mix",
  "wrap",
  "unwrap",
  "use",
];

/** Returns an even sample of the attempts. */
function sampleOf(attempts: ReadonlyMap<string, Attempt>): Attempt[] {
  const byCall = Map.groupBy(attempts.values(), ({ call, kind, allowed }) =>
    [call, call === "generate" ? kind : "", allowed].join("/"),
  );
  return Array.from(byCall).flatMap(([name, all]) => {
    const count = name.startsWith("generate/RSA") ? RSA_PAIRS : SAMPLE;
    const step = Math.max(1, all.length / count);
    return Array.from({ length: Math.min(count, all.length) }, (_, index) => all[Math.floor(index * step)]!);
  });
}

async function expectSame(policy: typeof HPCS_POLICY, attempt: Attempt, history: boolean): Promise<void> {
  const made = await replay(policy, attempt);
  if (made === undefined) throw new Error(`${attempt.call} has no replay`);
  const words = `${policy.name}: ${JSON.stringify(attempt)}: ${JSON.stringify(typeof made === "number" ? made : "made")}`;
  expect([words, typeof made !== "number"]).toEqual([words, attempt.allowed]);
  if (typeof made === "number" || attempt.results.length === 0) return;
  const [found, said] = [made, attempt.results].map((blobs) => blobs.map((blob) => inModel(blob, history)));
  expect([words, found]).toEqual([words, said]);
}

test.each([
  ["hpcs", HPCS_POLICY, HPCS, false],
  ["strict", STRICT_POLICY, STRICT, true],
] as const)("%s: calls of the search", { timeout: 240_000 }, async (_name, policy, options, history) => {
  const attempts = new Map<string, Attempt>();
  const kept = new Map<string, number>();
  const onAttempt = (attempt: Attempt) => {
    const kind = `${attempt.call} ${attempt.allowed}`;
    const count = (kept.get(kind) ?? 0) + 1;
    kept.set(kind, count);
    // Keeps the first attempts and a few later ones: the millions of attempts under `hpcs` are repetitive.
    if (count > 2_000 && count % 97 !== 0) return;
    attempts.set(JSON.stringify({ ...attempt, results: [] }), attempt);
  };
  search(policy, { ...options, onAttempt });
  const sample = sampleOf(attempts);
  expect(sample.length).toBeGreaterThan(400);
  expect(sample.map(({ call }) => call)).toEqual(expect.arrayContaining(CALLS));
  for (const attempt of sample) await expectSame(policy, attempt, history);
});

test.each(HOLES.map((hole) => [hole.name, hole] as const))(
  "an attack, step by step: %s",
  { timeout: 120_000 },
  async (_name, { policy, options }) => {
    const { broken } = search(policy, { ...options, stopAtFirst: true });
    const steps = pathTo(broken[0]!).flatMap((fact) => attemptOf(fact) ?? []);
    for (const attempt of steps) await expectSame(policy, attempt, false);
    const shipped = policy.name.startsWith("strict") ? STRICT_POLICY : adjustPolicy(HPCS_POLICY, "hpcs", {});
    const responses = await Promise.all(steps.map((attempt) => replay(shipped, attempt)));
    const differs = responses.some((response, index) => {
      const [said] = steps[index]!.results;
      const [made] = Array.isArray(response) ? response : [];
      return (
        typeof response === "number" ||
        (said !== undefined && made !== undefined && inModel(made, false)[0] !== inModel(said, false)[0])
      );
    });
    expect(differs).toBe(true);
  },
);
