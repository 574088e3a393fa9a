import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { program } from "../testing/server-lab.ts";
import { runProgram } from "../testing/spawned-server.ts";
import { KeyringLockedError, lockKeyring } from "./keyring-lock.ts";

let directory: string;
let data: string;
let hook: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grep11-killed-"));
  data = join(directory, "data");
  hook = join(directory, "kill-at-step.mjs");
  await writeFile(hook, KILL_AT_STEP);
});
afterEach(() => rm(directory, { recursive: true }));

/** A module that Node loads before the program. It kills the process before the n-th step that changes a file. */
const KILL_AT_STEP = `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
let step = 0;
async function counted(run) {
  if (++step === Number(process.env.KILL_AT)) process.kill(process.pid, "SIGKILL");
  return run();
}
for (const name of ["mkdir", "open", "writeFile", "link", "rename", "rm", "utimes"]) {
  const original = promises[name];
  promises[name] = (...args) =>
    name === "open" && args[1] !== "wx" ? original(...args) : counted(() => original(...args));
}
const { open } = promises;
promises.open = async (...args) => {
  const file = await open(...args);
  if (args[1] !== "wx") return file;
  for (const name of ["writeFile", "sync"]) {
    const original = file[name].bind(file);
    file[name] = (...rest) => counted(() => original(...rest));
  }
  return file;
};
syncBuiltinESMExports();
`;

interface Registers {
  readonly epoch: number;
}

async function show(): Promise<Registers> {
  const shown = await program(["keyring", "show", "--json", "--data-dir", data]);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(shown.stdout) as Registers;
}

/**
 * Runs the command again and again, and kills it with SIGKILL before its first step, its second step and so on. `check` verifies
 * the files after each run.
 */
async function killedAtEveryStep(args: readonly string[], check: () => Promise<void>): Promise<number> {
  for (let kills = 0; ; kills++) {
    const environment = { NODE_OPTIONS: `--import=${hook}`, KILL_AT: String(kills + 1) };
    const { code } = await runProgram([...args, "--data-dir", data], environment);
    if (code !== null) return kills;
    await check();
  }
}

describe("a keyring command that is killed", () => {
  it("leaves the old keyring or the new one at any step, and nothing that blocks the next command", async () => {
    expect((await program(["keyring", "init", "--data-dir", data])).code).toBe(0);
    const fresh = (await show()).epoch;
    const kills = await killedAtEveryStep(["keyring", "generate-next"], async () => {
      const { epoch } = await show();
      expect([fresh, fresh + 1]).toContain(epoch);
      const next = epoch === fresh ? "generate-next" : "clear-next";
      expect(await program(["keyring", next, "--data-dir", data])).toMatchObject({ code: 0, stderr: "" });
      expect((await readdir(data)).sort()).toEqual(["keyring.g11", "keyring.key"]);
      await rm(data, { recursive: true });
      expect((await program(["keyring", "init", "--data-dir", data])).code).toBe(0);
    });
    expect(kills).toBeGreaterThan(8);
  }, 120_000);

  it("leaves no keyring or a complete one at any step of init", async () => {
    const kills = await killedAtEveryStep(["keyring", "init"], async () => {
      const again = await program(["keyring", "init", "--data-dir", data]);
      expect([0, 3]).toContain(again.code);
      await show();
      expect(await program(["keyring", "generate-next", "--data-dir", data])).toMatchObject({ code: 0, stderr: "" });
      expect((await readdir(data)).sort()).toEqual(["keyring.g11", "keyring.key"]);
      await rm(data, { recursive: true });
    });
    expect(kills).toBeGreaterThan(12);
  }, 120_000);
});

describe("the lock of a keyring", () => {
  let lock: string;
  beforeEach(async () => {
    await mkdir(data, { mode: 0o700 });
    lock = join(data, "keyring.g11.lock");
  });

  it("is respected while its owner runs, and the error names the owner", async () => {
    const held = await lockKeyring(lock);
    await expect(lockKeyring(lock)).rejects.toThrow(`process ${process.pid}`);
    const module = fileURLToPath(new URL("../../dist/keyring/keyring-lock.js", import.meta.url));
    const script = `import { lockKeyring } from ${JSON.stringify(module)}; await lockKeyring(process.argv[1]); console.log("held"); setInterval(() => {}, 1000);`;
    await held.release();
    expect(await readdir(data)).toEqual([]);
    const other = spawn(process.execPath, ["--input-type=module", "-e", script, lock], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    await expect(lockKeyring(lock)).rejects.toBeInstanceOf(KeyringLockedError);
    other.kill("SIGKILL");
    await once(other, "exit");
    await (await lockKeyring(lock)).release();
    expect(await readdir(data)).toEqual([]);
  });

  it("of an owner on another machine is valid as long as it is touched", async () => {
    for (const content of [`1.1.00000000.00000000`, `lock of ${hostname()}`, ""]) {
      await writeFile(lock, content);
      await expect(lockKeyring(lock)).rejects.toBeInstanceOf(KeyringLockedError);
      await utimes(lock, Date.now() / 1000 - 120, Date.now() / 1000 - 120);
      await (await lockKeyring(lock)).release();
    }
  });

  it("reports that it was lost", async () => {
    const held = await lockKeyring(lock);
    await held.requireHeld();
    await writeFile(lock, "1.1.00000000.00000000");
    await expect(held.requireHeld()).rejects.toBeInstanceOf(KeyringLockedError);
    await held.release();
    expect(await readFile(lock, "utf8")).toBe("1.1.00000000.00000000");
  });

  it("is taken over by exactly one of many", async () => {
    await writeFile(lock, "");
    await utimes(lock, 1, 1);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockKeyring(lock)));
    const held = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const holders = await Promise.allSettled(held.map((one) => one.requireHeld()));
    expect(holders.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await Promise.all(held.map((one) => one.release()));
    await sleep(0);
    expect(await readdir(data)).toEqual([]);
  });
});
