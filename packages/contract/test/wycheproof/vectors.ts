/** Reads the files of C2SP Wycheproof for supported mechanisms, and defines the structure that they share. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A case. It has the fields that all schemas share, and those of its own schema. */
export interface Case {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: "valid" | "invalid" | "acceptable";
  readonly [field: string]: unknown;
}

/** A group of cases that share a key or a setting. */
export interface Group {
  readonly type: string;
  readonly tests: readonly Case[];
  readonly [field: string]: unknown;
}

/** The content of one file. */
export interface VectorFile {
  readonly name: string;
  readonly algorithm: string;
  readonly testGroups: readonly Group[];
}

const FOLDER = new URL("../../../../../shared/vectors/wycheproof/", import.meta.url);

/** Returns the names of all files, or no names if the folder is absent. */
export function vectorFiles(): string[] {
  return existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith("_test.json")) : [];
}

/** Returns the file `name`. */
export function readVectors(name: string): VectorFile {
  return { name, ...(JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Omit<VectorFile, "name">) };
}
