/** Reads known answers from `<project>/../shared/vectors`. If that folder is missing, tests that need it are skipped. */
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "vitest";

const FOLDER = new URL("../../../../shared/vectors/", import.meta.url);

/** Runs `body` as a suite over the parsed file, for example "ep11/kyber-round2.json"; skips it if the file is missing. */
export function describeVectors<T>(file: string, body: (contents: T) => void): void {
  const location = new URL(file, FOLDER);
  if (existsSync(location)) describe(file, () => body(JSON.parse(readFileSync(location, "utf8")) as T));
  else test.skip(`${file}: ../shared/vectors is absent`, () => undefined);
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
