import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "./exit-code.ts";
import { HINTS, hintFor } from "./hints.ts";

const packages = new URL("../../../", import.meta.url).pathname;

/** Returns the names of the CK_RVs with which the sources create errors. Names in comments are left out. */
function returnValuesIn(path: string): string[] {
  if (path.endsWith(".ts")) {
    const code = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    return [...code.matchAll(/\bCKR_\w+/g)].map(([name]) => name);
  }
  const sources = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")))
    .filter(({ name }) => name !== "testing");
  return sources.flatMap(({ name }) => returnValuesIn(join(path, name)));
}

describe("hints", () => {
  it("exist for everything that engine, server and client can return", () => {
    const folders = ["engine/src", "server/src", "client/src", "cryptoki/src/error.ts"];
    const returned = new Set(folders.flatMap((folder) => returnValuesIn(join(packages, folder))));
    expect(returned.size).toBeGreaterThan(50);
    const without = [...returned].filter((name) => name !== "CKR_OK" && !(name in HINTS));
    expect(without).toEqual([]);
  });

  it("are sentences", () => {
    for (const text of Object.values(HINTS)) expect(text).toMatch(/^[A-Z`].*[.?]$/);
  });

  it("exist for errors of other services", () => {
    expect(hintFor(new ck.CkError(ck.CKR_CANT_LOCK))).toContain("grep11-server never returns CKR_CANT_LOCK");
    expect(hintFor(new ck.CkError(ck.CKR_CANT_LOCK, "", { retry: true }))).toContain("try again");
    expect(hintFor(new ck.CkError(ck.CKR_IBM_INTERNAL_ERROR))).toContain("log of the server");
  });

  it("explain a busy HSM, with the exit code of an unresponsive one", () => {
    const busy = new ck.CkError(ck.CKR_DEVICE_MEMORY, "too many calls wait", { retry: true });
    expect(hintFor(busy)).toContain("busy");
    expect(exitCodeOf(busy)).toBe(5);
  });
});
