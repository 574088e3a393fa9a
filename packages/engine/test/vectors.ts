/** Known responses from `<project>/../shared/vectors`. Where that folder is absent, tests that need it say so and pass. */
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "vitest";

const FOLDER = new URL("../../../../shared/vectors/", import.meta.url);

/** Runs `body` as a suite over the parsed file, such as "ep11/kyber-round2.json"; skips in one line if it is absent. */
export function describeVectors<T>(file: string, body: (contents: T) => void): void {
  const location = new URL(file, FOLDER);
  if (existsSync(location)) describe(file, () => body(JSON.parse(readFileSync(location, "utf8")) as T));
  else test.skip(`${file}: ../shared/vectors is absent`, () => undefined);
}

/** The bytes of a hexadecimal string. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
