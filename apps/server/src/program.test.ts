import { readFileSync } from "node:fs";
import { manPage, markdown, readCommandLine } from "@grep11/command-line";
import { describe, expect, it } from "vitest";
import { PROGRAM } from "./program.ts";
import { program } from "./testing/server-lab.ts";

/** Runs a command line and returns its exit code, results and messages. */
async function printed(line: string): Promise<[code: number | null, out: string, stderr: string]> {
  const { code, stdout, stderr } = await program(line.split(" ").filter(Boolean));
  return [code, stdout, stderr];
}

describe("help", () => {
  it("has an example of every command, and they parse", () => {
    for (const { name, examples } of PROGRAM.commands) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const [called, ...args] = example.split(" ");
        expect(called).toBe(PROGRAM.name);
        expect(readCommandLine(PROGRAM, args)).toMatchObject({ command: { name } });
      }
    }
  });

  it("matches docs/grep11-server.md and the manual page", () => {
    const file = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    expect(markdown(PROGRAM, "pnpm --filter grep11-server generate")).toBe(file("../../docs/grep11-server.md"));
    expect(manPage(PROGRAM)).toBe(file("man/grep11-server.1"));
  });

  it("is printed, as are version and completion", async () => {
    const [code, out] = await printed("--help");
    expect(code).toBe(0);
    for (const { name, summary } of PROGRAM.commands) {
      expect(out).toContain(summary.slice(0, 60));
      expect((await printed(`${name} --help`))[1]).toContain("Examples:");
    }
    expect((await printed("--version"))[1]).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await printed("-V")).toEqual(await printed("--version"));
    expect((await printed("completion bash"))[1]).toContain("complete -o default -F _grep11_server grep11-server");
  });
});

describe("an invalid command line", () => {
  it.each([
    ["", "give --dev to try it out, or --config FILE; see grep11-server --help"],
    ["--dev --config a.yaml", "--dev and --config exclude each other"],
    ["--config a.yaml --port 1", "--port is only for --dev; with --config, set it in the file"],
    ["--dev --port 99999", "--port takes a whole number from 0 to 65535"],
    ["--dev --processes 65", "--processes 65: expected auto or 1 to 64"],
    ["keyring shred", "keyring shred is not a command; there are keyring init, "],
    ["keyring innit", "keyring innit is not a command; did you mean keyring init?"],
    ["keyrnig init", "keyrnig is not a command; did you mean keyring init?"],
    ["--cofnig x", "Unknown option '--cofnig'; did you mean --config?"],
    ["keyring commit", "grep11-server keyring commit needs --pattern HEX"],
    ["cert make", "give --server NAME or --client NAME"],
  ])("is refused with a reason: %s", async (line, reason) => {
    const [code, out, stderr] = await printed(line);
    expect(stderr).toContain(`grep11-server: ${reason}`);
    expect([code, out]).toEqual([2, ""]);
  });
});
