/** Runs the completion scripts in their shells. Shells that are not installed are skipped. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { completionScript } from "./completion.ts";
import type { Program } from "./program.ts";
import { GARDEN, ORCHARD } from "./testing/orchard.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "command-line-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function sourced(program: Program, shell: string): string {
  const file = join(folder, `${program.name}.${shell}`);
  writeFileSync(file, completionScript(program, [shell]));
  return file;
}

function shell(name: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(name, args, { encoding: "utf8", cwd: folder });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

const has = (name: string) => spawnSync(name, ["--version"]).error === undefined;

/** Returns what bash suggests for the last of `words`. */
function inBash(program: Program, ...words: string[]): string[] {
  const code = [
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$COMPLETER"',
    'for offer in "$' + '{COMPREPLY[@]}"; do echo "$offer"; done',
  ].join("\n");
  const completer = `COMPLETER=_${program.name.replaceAll("-", "_")}`;
  const lines = shell("env", [completer, "bash", "-c", code, "bash", sourced(program, "bash"), program.name, ...words]);
  return lines.split("\n").filter(Boolean);
}

/** Returns what fish suggests for the last of `words`. */
function inFish(program: Program, ...words: string[]): string[] {
  const line = [program.name, ...words].join(" ");
  const lines = shell("fish", ["--no-config", "-c", `source ${sourced(program, "fish")}; complete -C '${line}'`]);
  return lines
    .split("\n")
    .filter(Boolean)
    .map((offer) => offer.split("\t")[0]!);
}

const OWN = ["--out", "--in", "--kind", "--rows", "--space", "--site", "--note", "--force", "--season", "--help"];

describe.skipIf(!has("bash"))("bash", () => {
  it.each<[string[], string[]]>([
    [[""], ["tree", "eat", "pick", "completion", "help"]],
    [["-"], ["--season", "--version", "--help"]],
    [["tr"], ["tree"]],
    // Options may come before the command.
    [["--force", "tree", ""], ["plant"]],
    [
      ["--season", "almanac", "tree", "plant", "--kind", ""],
      ["apple", "pear"],
    ],
    [["--season", "=", "almanac", "pi"], ["pick"]],
    [["--site", "hill", ":", "south", "--force", "tree", ""], ["plant"]],
    [["--season", "http", ":", "//host", ":", "80", "tree", ""], ["plant"]],
    [["--season", ""], []],
    [["--season", "tree"], []],
    [["tree", ""], ["plant"]],
    [
      ["tree", "--"],
      ["--season", "--help"],
    ],
    [["tree", "plant", ""], OWN],
    [["tree", "plant", "--force", "--k"], ["--kind"]],
    [
      ["tree", "plant", "--kind", ""],
      ["apple", "pear"],
    ],
    [["tree", "plant", "--kind", "=", "p"], ["pear"]],
    [
      ["tree", "plant", "--kind", "="],
      ["apple", "pear"],
    ],
    [
      ["tree", "plant", "--site", ""],
      ["hill", "hill:south", "hill:north", "dale"],
    ],
    [
      ["tree", "plant", "--site", "hill", ":"],
      ["south", "north"],
    ],
    [["tree", "plant", "--site", "hill", ":", "s"], ["south"]],
    [["tree", "plant", "--site", "=", "hill", ":", "n"], ["north"]],
    [["tree", "plant", "--site", "d"], ["dale"]],
    [["tree", "plant", "--out", ""], []],
    [["tree", "plant", "--space", ""], []],
    [
      ["pick", ""],
      ["ripe", "all"],
    ],
    [["eat", ""], []],
    [
      ["eat", "one", "--"],
      ["--season", "--help"],
    ],
    [["completion", "f"], ["fish"]],
    [
      ["help", ""],
      ["tree", "eat", "pick", "completion", "soil"],
    ],
    [["help", "tree", ""], ["plant"]],
    [
      ["--", ""],
      ["tree", "eat", "pick", "completion", "help"],
    ],
  ])("completes %j", (words, offered) => {
    expect(inBash(ORCHARD, ...words).sort()).toEqual([...offered].sort());
  });

  it("offers the options of a program that needs no command", () => {
    expect(inBash(GARDEN, "--")).toEqual(["--fast", "--season", "--help", "--version"]);
    expect(inBash(GARDEN, "--fast", "--s")).toEqual(["--season"]);
  });
});

describe.skipIf(!has("fish"))("fish", () => {
  it.each<[string[], string[]]>([
    [[""], ["completion", "eat", "help", "pick", "tree"]],
    [["tree", ""], ["plant"]],
    [["tree", "plant", "--"], [...OWN].sort()],
    [
      ["tree", "plant", "--kind", ""],
      ["apple", "pear"],
    ],
    [
      ["pick", ""],
      ["all", "ripe"],
    ],
    [["help", "s"], ["soil"]],
  ])("completes %j", (words, offered) => {
    expect(inFish(ORCHARD, ...words).sort()).toEqual(offered);
  });

  it("offers files and folders where they are allowed", () => {
    writeFileSync(join(folder, "fruit"), "");
    expect(inFish(ORCHARD, "eat", "fr")).toEqual(["fruit"]);
    expect(inFish(ORCHARD, "tree", "plant", "--out", "fr")).toEqual(["fruit"]);
    expect(inFish(ORCHARD, "tree", "plant", "--in", "fr")).toEqual([]);
    expect(inFish(ORCHARD, "tree", "plant", "fr")).toEqual([]);
  });
});

describe.skipIf(!has("zsh"))("zsh", () => {
  it("parses the script", () => {
    for (const program of [ORCHARD, GARDEN]) expect(shell("zsh", ["-n", sourced(program, "zsh")])).toBe("");
  });
});
