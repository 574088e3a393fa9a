/** Reads the known answers in ../shared/vectors/ep11 and runs the cases of a file. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { cut, flowsOf, type Operation, runParts, type Shape } from "../../src/index.ts";
import type { Fields } from "../support/fields.ts";
import type { Hsm } from "../support/hsm.ts";

/** One case. Its `name` is unique in the file. */
export interface KnownAnswer extends Fields {
  readonly name: string;
}

/** How the cases of one file are run. */
export interface AnswerFile {
  /** The name of the file, without folder and extension. */
  readonly file: string;
  /** Returns whether the HSM has the mechanism of a case. */
  belongs(answer: KnownAnswer): boolean;
  /** Runs a case with its assertions. `named` finds another case of the same file by its name. */
  run(hsm: Hsm, answer: KnownAnswer, named: (name: string) => KnownAnswer): Promise<void>;
}

const FOLDER = new URL("../../../../../shared/vectors/ep11/", import.meta.url);

/** Returns the names of all files with known answers, without .json; an empty array if the folder is absent. */
export function answerFiles(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -".json".length)] : []));
}

/** Returns the cases of a file, or undefined if the folder is absent. */
export function readAnswers(file: string): readonly KnownAnswer[] | undefined {
  const location = new URL(`${file}.json`, FOLDER);
  if (!existsSync(location)) return undefined;
  return (JSON.parse(readFileSync(location, "utf8")) as { readonly cases: readonly KnownAnswer[] }).cases;
}

const FLOWS: ReadonlySet<string> = new Set(["Single", "Init and one call", "odd parts"]);

/**
 * Asserts that `operation` gives `expected` for `data` in every flow of `shape`. If `parts` is given, it is also run with parts
 * of these sizes in bytes.
 */
export async function expectAnswer(
  operation: Operation,
  data: Uint8Array,
  expected: Uint8Array,
  parts?: unknown,
  shape: Shape = "multi",
): Promise<void> {
  for (const flow of flowsOf(shape).filter(({ name }) => FLOWS.has(name))) {
    expect(await flow.run(operation, data), flow.name).toEqual(expected);
  }
  if (shape === "multi" && Array.isArray(parts))
    expect(await runParts(operation, cut(data, parts as number[]))).toEqual(expected);
}
