/**
 * Runs the known answers of all kinds of mechanisms (../shared/vectors/ep11), with imported keys, on the engine and over gRPC.
 */
import { existsSync } from "node:fs";
import { afterAll, describe, expect, it, test } from "vitest";
import type { TargetName } from "../../src/index.ts";
import { Hsms } from "../support/hsm.ts";
import { answerFiles, readAnswers } from "./answers.ts";
import { CURVES } from "./curves.ts";
import { DERIVATIONS } from "./derivations.ts";
import { DIGITAL_ASSETS } from "./digital-assets.ts";
import { EXCLUDED_ANSWERS, EXCLUDED_WYCHEPROOF } from "./excluded-vectors.ts";
import { POST_QUANTUM } from "./post-quantum.ts";
import { PRIME_FIELDS } from "./prime-fields.ts";
import { RSA } from "./rsa.ts";
import { SYMMETRIC } from "./symmetric.ts";
import "../support/rv.ts";

const ALL = [...SYMMETRIC, DERIVATIONS, RSA, ...CURVES, PRIME_FIELDS, ...POST_QUANTUM, ...DIGITAL_ASSETS];
const FILES = ALL.map((file) => [file.file, file] as const);
const names = answerFiles();
const present = names.length > 0;

test.skipIf(present)("../shared/vectors/ep11 is absent: nothing to run", () => undefined);

describe.runIf(present).each<TargetName>(["engine", "grpc"])("known answers on %s", (targetName) => {
  const hsms = new Hsms(targetName);
  afterAll(() => hsms.close());

  describe.each(FILES)("%s", (name, file) => {
    const answers = readAnswers(name) ?? [];
    const named = (wanted: string) => answers.find((answer) => answer.name === wanted)!;
    const belonging = answers.filter((answer) => file.belongs(answer)).map((answer) => [answer.name, answer] as const);
    it.each(belonging)("%s", async (_, answer) => file.run(await hsms.for(answer), answer, named));
  });
});

describe.runIf(present)("known answers", () => {
  it("are run from every file", () => {
    expect(FILES.map(([name]) => name).toSorted()).toEqual(names.toSorted());
  });

  it.each(FILES)("of %s all run, or are excluded for a reason", (name, file) => {
    const leftOut = EXCLUDED_ANSWERS.filter((entry) => entry.file === name);
    for (const answer of readAnswers(name)!) {
      const excuses = leftOut.filter((entry) => entry.cases(answer));
      expect(excuses, answer.name).toHaveLength(file.belongs(answer) ? 0 : 1);
    }
  });

  it.each([...EXCLUDED_ANSWERS, ...EXCLUDED_WYCHEPROOF])("exclude cases of $file: $reason", ({ coveredBy }) => {
    if (coveredBy === undefined) return;
    expect(existsSync(new URL(`../../../${coveredBy}`, import.meta.url))).toBe(true);
  });
});
