import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "./exit-code.ts";
import { HINTS, hintFor } from "./hints.ts";

const packages = new URL("../../../", import.meta.url).pathname;

/** Names of CK_RVs in sources that make errors: words in code, not in comments. */
function answersIn(path: string): string[] {
  if (path.endsWith(".ts")) {
    const code = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    return [...code.matchAll(/\bCKR_\w+/g)].map(([name]) => name);
  }
  const sources = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")))
    .filter(({ name }) => name !== "testing");
  return sources.flatMap(({ name }) => answersIn(join(path, name)));
}

describe("hints", () => {
  it("have a row for everything that engine, server and client can answer", () => {
    const rooms = ["engine/src", "server/src", "client/src", "cryptoki/src/error.ts"];
    const answers = new Set(rooms.flatMap((room) => answersIn(join(packages, room))));
    expect(answers.size).toBeGreaterThan(50);
    const without = [...answers].filter((name) => name !== "CKR_OK" && !HINTS.has(ck.ckrNumber(name) ?? -1));
    expect(without).toEqual([]);
  });

  it("are sentences, and have no row twice", () => {
    const texts = [...HINTS.values()];
    for (const text of texts) expect(text).toMatch(/^[A-Z`].*[.?]$/);
    const rows =
      readFileSync(join(packages, "cli/src/terminal/hints.ts"), "utf8").match(/^ +\[?\s*ck\.CKR_\w+,/gm) ?? [];
    expect(rows.length).toBe(HINTS.size);
  });

  it("exist for what other services answer", () => {
    expect(hintFor(new ck.CkError(ck.CKR_CANT_LOCK))).toContain("CKR_CANT_LOCK is not an answer of grep11-server");
    expect(hintFor(new ck.CkError(ck.CKR_CANT_LOCK, "", { retry: true }))).toContain("try again");
    expect(hintFor(new ck.CkError(ck.CKR_IBM_INTERNAL_ERROR))).toContain("log of the server");
  });

  it("say that a busy HSM is one, with the exit code of one that does not answer", () => {
    const busy = new ck.CkError(ck.CKR_DEVICE_MEMORY, "too many calls wait", { retry: true });
    expect(hintFor(busy)).toContain("busy");
    expect(exitCodeOf(busy)).toBe(5);
  });
});
