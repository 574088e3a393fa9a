import { readFileSync } from "node:fs";
import { manPage, markdown, parseFlags, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "./commands/table.ts";
import { PROGRAM } from "./program.ts";
import { exitCodeOf } from "./terminal/exit-code.ts";
import { Interruption } from "./terminal/interruption.ts";
import { progressLine } from "./terminal/progress.ts";
import { TOPICS } from "./terminal/topics.ts";
import { openLab } from "./testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
  await lab.ok("key gen --out aes.key");
});
afterAll(() => lab.close());

describe("help", () => {
  it("explains every command and topic", async () => {
    const { stdout } = await lab.ok("help");
    expect((await lab.ok("--help")).stdout).toBe(stdout);
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toContain(name);
      const help = await lab.ok(`${name} --help`);
      expect(help.stdout).toContain(summary);
      expect((await lab.ok(`help ${name}`)).stdout).toBe(help.stdout);
      expect(Math.max(...help.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(130);
    }
    for (const { name, title } of TOPICS) expect((await lab.ok(`help ${name}`)).stdout).toContain(title);
    expect((await lab.grep11("help nonsense")).code).toBe(2);
  });

  it("has examples that parse", () => {
    for (const command of COMMANDS) {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) {
        const args = example
          .replace(/^.*\| /, "")
          .replace(/ ([<>]|\d<) .*$| \| .*$/, "")
          .split(" ")
          .slice(1);
        const own = example.includes(" | grep11 ")
          ? example
              .replace(/^.*\| grep11 /, "")
              .replace(/ > .*$/, "")
              .split(" ")
          : args;
        const rest = own.slice(command.name.split(" ").length);
        expect(() => parseFlags(PROGRAM, command, rest), example).not.toThrow();
      }
    }
  });

  it("matches docs/cli.md and the manual page", () => {
    const file = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    expect(markdown(PROGRAM, "pnpm --filter grep11 generate")).toBe(file("../../docs/cli.md"));
    expect(manPage(PROGRAM)).toBe(file("man/grep11.1"));
  });

  it("names the version", async () => {
    expect((await lab.ok("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("usage errors", () => {
  it.each([
    ["nonsense", "nonsense is not a command"],
    ["key nonsense", "key nonsense is not a command; there are key gen"],
    ["random 4 --nonsense", "Unknown option '--nonsense'"],
    ["random 4 --encoding octal", "--encoding is raw or hex or base64"],
    ["random 4 --timeout soon", "--timeout takes a number above 0"],
    ["random 4 --address ftp://x", "is not host:port"],
    ["digest extra", 'digest takes no argument "extra"'],
    ["encrypt", "encrypt needs --key FILE"],
    ["digest --mech NONSENSE", "NONSENSE is not a mechanism"],
    ["digest --mech SHA256:iv=00", "takes no parameter by name"],
    ["encrypt --key aes.key --mech AES_CBC_PAD:label=00", "takes iv, not label"],
    ["encrypt --key aes.key --mech AES_CBC_PAD:iv=0", "iv is not hexadecimal"],
    ["encrypt --key aes.key --param-hex 00", "--param-hex needs --mech"],
    ["mech info", "needs the name"],
    ["key set --key aes.key", "needs an --attr"],
    ["rewrap", "needs key files"],
  ])("grep11 %s", async (line, reason) => {
    const { code, stderr, stdout } = await lab.grep11(line);
    expect(stderr).toContain(reason);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("exit codes", () => {
  it("distinguish classes of failures", () => {
    expect(exitCodeOf(new UsageError("x"))).toBe(2);
    expect(exitCodeOf(new ck.CkError(ck.CKR_DATA_INVALID))).toBe(3);
    expect(exitCodeOf(ck.CkError.signatureInvalid())).toBe(4);
    expect(exitCodeOf(new ck.CkError(ck.CKR_GENERAL_ERROR))).toBe(1);
    expect(exitCodeOf(new TypeError("bug"))).toBe(1);
    expect(exitCodeOf(new TypeError("bug"), AbortSignal.abort())).toBe(130);
    expect(exitCodeOf(new UsageError("x"), AbortSignal.abort(new Interruption("SIGTERM")))).toBe(143);
  });

  it("show that nothing is listening, with advice", async () => {
    const { code, stderr } = await lab.grep11("mech list --address 127.0.0.1:1");
    expect(code).toBe(5);
    expect(stderr).toMatch(/^error: CKR_DEVICE_REMOVED: .*\nhint: Nothing is listening there/);
  });

  it("show that the response did not arrive in time", async () => {
    const slow = (await lab.grep11("key pair --type rsa:4096 --timeout 0.001 --out slow.key")).code;
    expect(slow).toBe(5);
  });

  it("show that the user interrupted, without an error message", async () => {
    const { code, stderr } = await lab.grep11("mech list", { signal: AbortSignal.abort() });
    expect([code, stderr]).toEqual([130, ""]);
  });
});

describe("terminals", () => {
  const terminal = true;

  it("get no binary data unless requested", async () => {
    const refused = await lab.grep11("random 32", { terminal });
    expect(refused.code).toBe(2);
    expect([refused.bytes.length, refused.stderr]).toEqual([0, expect.stringContaining("--out")]);
    expect((await lab.ok("random 32 --out -", { terminal })).bytes.length).toBe(32);
    expect((await lab.ok("random 32 --encoding base64", { terminal })).stdout).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
  });

  it("get text unchanged", async () => {
    const text = "Grüße, 世界 🔑\n\tok\r\n";
    const { bytes } = await lab.ok("encrypt --key aes.key", { stdin: text });
    expect((await lab.ok("decrypt --key aes.key", { stdin: bytes, terminal })).stdout).toBe(text);
    for (const control of ["\u001b[31m", "\u009b31m", "a\u0000"]) {
      const hostile = await lab.ok("encrypt --key aes.key", { stdin: control });
      expect((await lab.grep11("decrypt --key aes.key", { stdin: hostile.bytes, terminal })).code).toBe(2);
    }
  });

  it("get colours unless NO_COLOR is set", async () => {
    expect((await lab.grep11("nonsense", { terminal })).stderr).toContain("\u001b[31merror:\u001b[0m ");
    expect((await lab.grep11("nonsense", { terminal, env: { NO_COLOR: "1" } })).stderr).toMatch(/^error: /);
    expect((await lab.grep11("nonsense")).stderr).toMatch(/^error: /);
  });

  it("show the progress of long operations, and clear it at the end", async () => {
    async function* slow() {
      for (let i = 0; i < 4; i++) {
        yield new Uint8Array(1000);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    const { stderr } = await lab.ok("digest", { stdin: slow(), terminal });
    expect(stderr).toContain(" MiB/s\u001b[K");
    expect(stderr.endsWith("\r\u001b[K")).toBe(true);
    expect((await lab.ok("digest", { stdin: slow() })).stderr).toBe("");
  });

  it("draw a bar as wide as the terminal allows", () => {
    expect(progressLine(1 << 20, 4 << 20, 2, 80)).toBe(`[${"#".repeat(10)}${".".repeat(30)}]  25% 1.0 MiB  0.5 MiB/s`);
    expect(progressLine(1 << 20, undefined, 2, 80)).toBe("1.0 MiB  0.5 MiB/s");
    expect(progressLine(1 << 20, 4 << 20, 2, 12).length).toBe(12);
  });
});
