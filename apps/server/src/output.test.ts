import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program } from "./testing/server-lab.ts";

const PROGRAM = fileURLToPath(new URL("../bundle/main.js", import.meta.url));
const HAS_FULL_DEVICE = existsSync("/dev/full");
if (!HAS_FULL_DEVICE) console.warn("skipped: this system has no /dev/full");

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "grep11-output-"));
  expect((await program(["keyring", "init", "--data-dir", data])).code).toBe(0);
});
afterAll(() => rm(data, { recursive: true }));

/** Runs the program in a shell, with `redirection` after its arguments. The exit code is that of the program. */
function shell(args: string, redirection: string): { code: number | null; stderr: string } {
  const line = `set -o pipefail; "${process.execPath}" "${PROGRAM}" ${args.replace("DATA", data)} ${redirection}`;
  const { status, stderr } = spawnSync("bash", ["-c", line], { encoding: "utf8" });
  return { code: status, stderr };
}

describe("the output of", () => {
  const commands = ["keyring show --data-dir DATA", "keyring show --json --data-dir DATA", "help", "completion bash"];

  it.each(commands)("%s may be read partially", (args) => {
    expect(shell(args, "| head -c 0")).toEqual({ code: 0, stderr: "" });
  });

  it.runIf(HAS_FULL_DEVICE).each(commands)("%s fails when the disk is full", (args) => {
    expect(shell(args, "> /dev/full")).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^grep11-server: the output cannot be written: the disk is full[^\n]*\n$/),
    });
  });
});
