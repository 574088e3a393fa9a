/**
 * Tests that no attack works on the shipped policies, and that one works if any one of the rules is switched off
 * (docs/policy-model.md).
 */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type Findings, findAll, policyModelDocument } from "./document.ts";
import { HOLES } from "./holes.ts";
import { sentences } from "./path.ts";

let findings: Findings;

beforeAll(() => {
  findings = findAll();
}, 240_000);

test.each(["hpcs", "strict"] as const)("%s: no calls reveal a value that must stay secret", (name) => {
  const { broken, states, transitions } = findings[name];
  expect(broken.map(sentences)).toEqual([]);
  expect(states).toBeGreaterThan(5_000);
  expect(transitions).toBeGreaterThan(50_000);
});

test.each(HOLES.map(({ name }, index) => [name, index] as const))("found: %s", (_name, index) => {
  const [broken, ...more] = findings.holes[index]!.broken;
  expect(more).toEqual([]);
  expect(sentences(broken!).at(-1)).toMatch(/is known\.$/);
});

test("docs/policy-model.md has the results of the search; `pnpm generate` writes it", () => {
  const file = new URL("../../../../docs/policy-model.md", import.meta.url);
  expect(policyModelDocument(findings)).toBe(readFileSync(file, "utf8"));
});
