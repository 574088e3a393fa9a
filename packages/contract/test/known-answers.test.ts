/** Known answers of every family (../shared/vectors/ep11), through the engine by import. */
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { Importer, openTarget, type Target } from "../src/index.ts";
import type { Hsm } from "./hsm.ts";
import { readAnswers } from "./known-answers/answers.ts";
import { CURVES } from "./known-answers/curves.ts";
import { PRIME_FIELDS } from "./known-answers/prime-fields.ts";
import { RSA } from "./known-answers/rsa.ts";
import { SYMMETRIC } from "./known-answers/symmetric.ts";
import "./rv.ts";

const FILES = [...SYMMETRIC, RSA, ...CURVES, PRIME_FIELDS].map((file) => [file.file, file] as const);
const present = readAnswers("digest") !== undefined;

test.skipIf(present)("../shared/vectors/ep11 is absent: nothing to run", () => undefined);

describe.runIf(present)("known answers", () => {
  let target: Target;
  let hsm: Hsm;
  beforeAll(async () => {
    target = await openTarget("engine");
    hsm = { ep11: target.ep11, importer: await Importer.create(target.ep11) };
  });
  afterAll(() => target.close());

  describe.each(FILES)("%s", (name, file) => {
    const answers = readAnswers(name) ?? [];
    const named = (wanted: string) => answers.find((answer) => answer.name === wanted)!;
    const belonging = answers.filter((answer) => file.belongs(answer)).map((answer) => [answer.name, answer] as const);

    it("has cases for our mechanisms", () => expect(belonging.length).toBeGreaterThan(10));
    it.each(belonging)("%s", (_, answer) => file.run(hsm, answer, named));
  });
});
