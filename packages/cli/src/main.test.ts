import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "./testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Runs the program as a process. `use` is called with the process while it runs. */
async function spawned(args: string[], use: (child: ReturnType<typeof spawn>) => void = () => {}) {
  const env = { ...process.env, GREP11_ADDRESS: lab.address, HOME: lab.folder };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: lab.folder, env });
  const outputs = [child.stdout, child.stderr].map(async (stream) => {
    const parts: Uint8Array[] = [];
    stream.on("error", () => {});
    for await (const part of stream) parts.push(part);
    return Buffer.concat(parts);
  });
  use(child);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [stdout, stderr] = await Promise.all(outputs.map((output) => output.catch(() => Buffer.alloc(0))));
  return { code: await ended, stdout: stdout!, stderr: stderr!.toString() };
}

describe("the process", () => {
  it("connects stdin, stdout and the exit code", async () => {
    expect((await spawned(["key", "gen", "--out", "aes.key"])).code).toBe(0);
    const data = Buffer.alloc(2_500_000, "x");
    const encrypted = await spawned(["encrypt", "--key", "aes.key"], (child) => child.stdin!.end(data));
    expect([encrypted.code, encrypted.stderr]).toEqual([0, ""]);
    const decrypted = await spawned(["decrypt", "--key", "aes.key"], (child) => child.stdin!.end(encrypted.stdout));
    expect(decrypted.stdout.equals(data)).toBe(true);
    const failed = await spawned(["encrypt", "--key", "none.key"]);
    expect([failed.code, failed.stderr]).toEqual([
      2,
      "error: cannot read none.key: there is no such file or directory\n",
    ]);
  });

  it("ends quietly when the reader of its output closes the pipe", async () => {
    const { code, stderr } = await spawned(["random", "100000000"], (child) =>
      child.stdout!.once("data", () => child.stdout!.destroy()),
    );
    expect([code, stderr]).toEqual([0, ""]);
  });

  it.runIf(existsSync("/dev/full"))("reports that the disk is full", async () => {
    for (const args of [["random", "100"], ["random", "3000000"], ["mech", "list"], ["help"]]) {
      const full = openSync("/dev/full", "w");
      const env = { ...process.env, GREP11_ADDRESS: lab.address, HOME: lab.folder };
      const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", full, "pipe"] });
      closeSync(full);
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      const stderr = Buffer.concat(await child.stderr!.toArray()).toString();
      expect(stderr).toMatch(/^grep11: the output cannot be written: the disk is full[^\n]*\n$/);
      expect(await ended).toBe(1);
    }
  });

  it("does not prompt for a secret without a terminal", async () => {
    const { code, stderr } = await spawned(["login"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("no terminal")]);
  });
});
