import { readFileSync } from "node:fs";

/** Returns the version of the package whose package.json is at `manifest`. */
export function packageVersion(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
