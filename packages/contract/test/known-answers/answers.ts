/** Known answers of ../shared/vectors/ep11, and how a file of them is put to an HSM. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { cut, flowsOf, type Operation, runParts, type Shape } from "../../src/index.ts";
import type { Fields } from "../support/fields.ts";
import type { Hsm } from "../support/hsm.ts";

/** One case; `name` is unique in its file. */
export interface KnownAnswer extends Fields {
  readonly name: string;
}

/** How the cases of one file are run. */
export interface AnswerFile {
  /** File name without folder and ending. */
  readonly file: string;
  /** Whether a case is about a mechanism there is. */
  belongs(answer: KnownAnswer): boolean;
  /** Runs a case with expectations inside; `named` finds other cases of the file. */
  run(hsm: Hsm, answer: KnownAnswer, named: (name: string) => KnownAnswer): Promise<void>;
}

const FOLDER = new URL("../../../../../shared/vectors/ep11/", import.meta.url);

/** Names of all files, without ending; none where the folder is absent. */
export function answerFiles(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -".json".length)] : []));
}

/** The cases of a file; undefined where the folder is absent. */
export function readAnswers(file: string): readonly KnownAnswer[] | undefined {
  const location = new URL(`${file}.json`, FOLDER);
  if (!existsSync(location)) return undefined;
  return (JSON.parse(readFileSync(location, "utf8")) as { readonly cases: readonly KnownAnswer[] }).cases;
}

const FLOWS: ReadonlySet<string> = new Set(["Single", "Init and one call", "odd parts"]);

/**
 * `operation` gives `expected` for `data` in every flow of `shape`, and cut into parts of the lengths in `parts` if there
 * are some.
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
