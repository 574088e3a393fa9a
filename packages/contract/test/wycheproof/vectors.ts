/** The files of C2SP Wycheproof for supported mechanisms, and their common structure. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A case: common fields, and those of its schema. */
export interface Case {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: "valid" | "invalid" | "acceptable";
  readonly [field: string]: unknown;
}

/** Cases with a common key or setting. */
export interface Group {
  readonly type: string;
  readonly tests: readonly Case[];
  readonly [field: string]: unknown;
}

/** One file. */
export interface VectorFile {
  readonly name: string;
  readonly algorithm: string;
  readonly testGroups: readonly Group[];
}

const FOLDER = new URL("../../../../../shared/vectors/wycheproof/", import.meta.url);

/** Names of all files; none if the folder is absent. */
export function vectorFiles(): string[] {
  return existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith("_test.json")) : [];
}

/** The file `name`. */
export function readVectors(name: string): VectorFile {
  return { name, ...(JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Omit<VectorFile, "name">) };
}
