/** Tests how a process ends after a signal: its exit code, its output, and the files that it leaves. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLab } from "./testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
  await lab.ok("key gen --out aes.key");
  await lab.ok("key gen --type generic:256 --out mac.key");
  writeFileSync(join(lab.folder, "big"), "");
  truncateSync(join(lab.folder, "big"), 300 << 20);
  writeFileSync(join(lab.folder, "old"), "as it was");
  spawnSync("mkfifo", [join(lab.folder, "fifo")]);
});
afterAll(() => lab.close());

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;

/** Starts a process. Returns it together with its outcome, in which the exit code is the one that a shell reports. */
function started(line: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...line.split(" ")], {
    cwd: lab.folder,
    env: { ...process.env, GREP11_ADDRESS: lab.address, HOME: lab.folder, ...env },
  });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number; signal: string | null; stderr: string; ms: number }>((resolve) => {
    child.on("exit", (code, signal) => {
      const reported = code ?? 128 + constants.signals[signal!];
      resolve({ code: reported, signal, stderr, ms: performance.now() - signalledAt });
    });
  });
  let signalledAt = 0;
  const kill = (signal: NodeJS.Signals) => {
    signalledAt = performance.now();
    child.kill(signal);
  };
  return { child, ended, kill };
}

const parts = () => readdirSync(lab.folder).filter((name) => name.endsWith(".part"));

/** Resolves as soon as `condition` returns true. Fails the test after ten seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !condition(); ) {
    if (performance.now() > end) throw new Error("the condition did not hold within 10 s");
    await sleep(10);
  }
}

const writes = async () => until(() => parts().length > 0);
const prints = async (child: ChildProcess) =>
  new Promise<void>((resolve) => child.stdout!.once("data", () => resolve()));
/**
 * Waits until the process catches signals, and then a little longer. The program sets up its signal handlers before anything
 * else.
 */
async function runs({ pid }: ChildProcess): Promise<void> {
  if (process.platform === "linux") await until(() => catchesSignals(pid!));
  else await sleep(2000);
  await sleep(400);
}

/**
 * Returns whether the program catches signals. Only SIGHUP (the first bit) is checked, because Node itself catches SIGINT and
 * SIGTERM from the start.
 */
function catchesSignals(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (BigInt(`0x${caught}`) & 1n) !== 0n;
}

/** Each command has a function that waits until the command is working. */
const COMMANDS: readonly [line: string, waitUntilWorking: (child: ChildProcess) => Promise<void>][] = [
  ["encrypt --key aes.key --in big --out new", writes],
  ["encrypt --key aes.key --in big --out old", writes],
  ["encrypt --key aes.key --in big --out new --encoding base64 --json", writes],
  ["encrypt --key aes.key --out new", writes],
  ["encrypt --key aes.key", prints],
  ["decrypt --key aes.key --mech AES_CTR --in big --out new", writes],
  ["random 1000000000000 --out new", writes],
  ["random 1000000000000", prints],
  ["digest --in big", runs],
  ["digest", runs],
  ["sign --key mac.key --in big --out new", runs],
  ["verify --key mac.key --signature old --in big", runs],
  ["key import --in - --type aes --out new", runs],
  ["bench random --seconds 60", prints],
];

/** Tests every command with one signal, and some commands with every signal. */
const CASES = SIGNALS.flatMap(([signal, expected]) =>
  COMMANDS.filter((_, at) => signal === "SIGTERM" || at % 4 === 0 || at === COMMANDS.length - 1).map(
    ([line, waitUntilWorking]) => [signal, line, expected, waitUntilWorking] as const,
  ),
);

it.each(CASES)("%s ends grep11 %s with %i and leaves no files", async (signal, line, expected, waitUntilWorking) => {
  const { child, ended, kill } = started(line);
  child.stdout!.on("data", () => {});
  await waitUntilWorking(child);
  kill(signal);
  const { code, stderr, ms } = await ended;
  expect([code, stderr]).toEqual([expected, ""]);
  expect(ms).toBeLessThan(5000);
  expect(readdirSync(lab.folder).filter((name) => name.endsWith(".part") || name === "new")).toEqual([]);
  expect(readFileSync(join(lab.folder, "old"), "utf8")).toBe("as it was");
});

it("ends a program whose output nobody reads", async () => {
  const { child, ended, kill } = started("random 1000000000000");
  child.stdout!.pause();
  await runs(child);
  kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 143, stderr: "" });
});

it.each([
  "encrypt --key aes.key --in fifo --out new",
  "random 100 --out fifo",
  "verify --key mac.key --signature fifo",
])("ends grep11 %s, which waits for the other end of a pipe", async (line) => {
  const { child, ended, kill } = started(line);
  await runs(child);
  kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 143, stderr: "" });
  expect(parts()).toEqual([]);
});

it.each(["http mech list", "https mech list", "https doctor"])(
  "ends a program that waits for an unresponsive server: %s",
  async (line) => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const [scheme, ...words] = line.split(" ");
    const { port } = silent.address() as { port: number };
    const { child, ended, kill } = started(words.join(" "), { GREP11_ADDRESS: `${scheme}://127.0.0.1:${port}` });
    await runs(child);
    kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, stderr: "" });
    silent.close();
  },
);

it("a second signal ends the program at once", async () => {
  const { child, ended, kill } = started("verify --key mac.key --signature fifo");
  await runs(child);
  kill("SIGTERM");
  await sleep(300);
  kill("SIGINT");
  // Without the second signal, the program would have ended by itself CLEANUP_MS milliseconds after the first one.
  const { code, signal } = await ended;
  expect([code, signal]).toEqual([130, "SIGINT"]);
});
