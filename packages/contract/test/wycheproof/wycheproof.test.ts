/**
 * Runs all cases of C2SP Wycheproof, except those in excluded-vectors.ts, on the engine and over gRPC. The cases in
 * wycheproof-exceptions.json are expected to fail; if one of them passes, it must be removed from that file.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it, test } from "vitest";
import type { TargetName } from "../../src/index.ts";
import { Hsms } from "../support/hsm.ts";
import { runFile } from "./run.ts";
import { readVectors, vectorFiles } from "./vectors.ts";

/** The reason why the HSM disagrees with a case, by file name and tcId. */
type Exceptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const EXCEPTIONS = JSON.parse(
  readFileSync(new URL("../../wycheproof-exceptions.json", import.meta.url), "utf8"),
) as Exceptions;

const names = vectorFiles();

test.skipIf(names.length > 0)("../shared/vectors/wycheproof is absent: nothing to run", () => undefined);

describe.runIf(names.length > 0).each<TargetName>(["engine", "grpc"])("Wycheproof on %s", (targetName) => {
  const hsms = new Hsms(targetName);
  let cases = 0;
  afterAll(() => hsms.close());

  it.each(names)("%s", { timeout: 120_000 }, async (name) => {
    const file = readVectors(name);
    const outcome = await runFile(await hsms.for(file.testGroups[0]!), file);
    cases += outcome.cases;
    const listed = Object.keys(EXCEPTIONS[name] ?? {}).map(Number);
    const unexpected = outcome.disagreements.filter(({ tcId }) => !listed.includes(tcId));
    const agreeing = listed.filter((tcId) => !outcome.disagreements.some((found) => found.tcId === tcId));
    expect(unexpected).toEqual([]);
    expect(agreeing, "listed as exceptions, but they pass").toEqual([]);
  });

  it("ran all cases, and every exception has a reason", () => {
    expect(cases).toBeGreaterThan(7500);
    expect(Object.values(EXCEPTIONS).flatMap(Object.keys).length).toBeLessThanOrEqual(20);
    for (const [name, entries] of Object.entries(EXCEPTIONS)) {
      expect(names).toContain(name);
      for (const reason of Object.values(entries)) expect(reason.length).toBeGreaterThan(20);
    }
  });
});
