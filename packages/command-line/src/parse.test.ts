import { describe, expect, it } from "vitest";
import { manPage } from "./man-page.ts";
import { markdown } from "./markdown.ts";
import { readCommandLine } from "./parse.ts";
import { allCommands } from "./program.ts";
import { GARDEN, ORCHARD } from "./testing/orchard.ts";
import { UsageError } from "./usage-error.ts";

/** Returns the name, options and arguments of the command that the words call. */
function called(line: string, program = ORCHARD) {
  const asked = readCommandLine(program, line.split(" ").filter(Boolean));
  if ("text" in asked) throw new Error(`a text: ${asked.text}`);
  return { name: asked.command.name, flags: asked.flags, args: asked.args };
}

function printed(line: string, program = ORCHARD): string {
  const asked = readCommandLine(program, line.split(" ").filter(Boolean));
  if (!("text" in asked)) throw new Error(`the command ${asked.command.name}`);
  return asked.text;
}

describe("a command line", () => {
  it("has values of the kinds of its options, and their defaults", () => {
    expect(called("tree plant --out here")).toEqual({
      name: "tree plant",
      flags: { out: "here", kind: "apple", rows: 3, space: 2.5, note: [], force: false, help: false },
      args: [],
    });
    const line = "tree plant --out=x --kind pear --rows 0 --space .5 --note a --note b --force --season s";
    expect(called(line).flags).toMatchObject({ kind: "pear", rows: 0, space: 0.5, note: ["a", "b"], force: true });
  });

  it("calls the command with the longest name that it begins with", () => {
    expect(called("tree").name).toBe("tree");
    expect(called("eat --season s one two").args).toEqual(["one", "two"]);
  });

  it.each([
    ["--season s tree", "tree", { season: "s" }],
    ["--season=s tree", "tree", { season: "s" }],
    ["--season s tree plant --out x", "tree plant", { season: "s", out: "x" }],
    ["--force --out x tree plant --rows 1", "tree plant", { force: true, out: "x", rows: 1 }],
  ])("takes options before the command: %s", (line, name, flags) => {
    expect(called(line)).toMatchObject({ name, flags });
    expect(called(line, GARDEN)).toMatchObject({ name, flags });
  });

  it("passes options without a command to the command without a name", () => {
    expect(called("--fast --season s", GARDEN)).toMatchObject({ name: "", flags: { fast: true, season: "s" } });
    expect(() => called("--fast nothing", GARDEN)).toThrow('takes no argument "nothing"');
  });

  it("may be empty if the program has a command without a name", () => {
    expect(called("--fast", GARDEN)).toMatchObject({ name: "", flags: { fast: true } });
    expect(called("", GARDEN).name).toBe("");
    expect(called("tree", GARDEN).name).toBe("tree");
  });

  it.each([
    ["grow", "grow is not a command; see orchard help"],
    ["tree --fell", "Unknown option '--fell'; see orchard tree --help"],
    ["tree oak", 'orchard tree takes no argument "oak"; see orchard tree --help'],
    ["tree plant", "orchard tree plant needs --out FILE; see orchard tree plant --help"],
    ["tree plant --out x --kind oak", "--kind is apple or pear"],
    ["tree plant --out x --rows 10", "--rows takes a whole number from 0 to 9"],
    ["tree plant --out x --rows 1.5", "--rows takes a whole number from 0 to 9"],
    ["tree plant --out x --space 0", "--space takes a number above 0"],
    ["--seson s tree", "Unknown option '--seson'; did you mean --season?"],
    ["--season s", "--season needs a command; see orchard help"],
    ["--nonsense", "Unknown option '--nonsense'; see orchard help"],
    ["--season s grow", "grow is not a command; see orchard help"],
    ["tre", "tre is not a command; did you mean tree?"],
    ["aet apple", "aet is not a command; did you mean eat?"],
    ["tere plant", "tere is not a command; did you mean tree plant?"],
    ["treeplant", "treeplant is not a command; did you mean tree plant?"],
    ["tree plant --uot x", "Unknown option '--uot'; did you mean --out?"],
    ["tree plant --FORCE", "Unknown option '--FORCE'; did you mean --force?"],
    ["tree plant --out x --kind paer", "--kind is apple or pear; did you mean pear?"],
    ["help sail", "there is no help on sail; did you mean soil?"],
    ["completoin bash", "completoin is not a command; did you mean completion?"],
    ["help nonsense", "there is no help on nonsense; see orchard help"],
    ["completion", "name the shell: bash, zsh, fish"],
    ["completion tcsh", "name the shell: bash, zsh, fish"],
  ])("is refused with a reason: %s", (line, reason) => {
    expect(() => readCommandLine(ORCHARD, line.split(" "))).toThrow(new UsageError(reason));
  });
});

describe("help", () => {
  it("is there for the program, a group, a command and a topic", () => {
    const whole = printed("help");
    for (const line of ["", "--help", "-h"]) expect(printed(line)).toBe(whole);
    for (const { name, summary } of allCommands(ORCHARD)) {
      expect(whole).toContain(summary);
      const help = printed(`${name} --help`);
      expect(help).toContain(summary);
      expect([printed(`${name} -h`), printed(`help ${name}`)]).toEqual([help, help]);
    }
    expect(printed("help soil")).toContain("clay  holds water");
    expect(printed("tree plant --help")).toContain("--rows N           how many rows (default 3)");
  });

  it("begins with what the program does without a command", () => {
    for (const line of ["--help", "help", "-h"]) expect(printed(line, GARDEN)).toContain("--fast  hurry");
    for (const word of ["--version", "-V", "version"]) {
      expect([printed(word), printed(word, GARDEN)]).toEqual(["1.2.3\n", "1.2.3\n"]);
    }
  });

  it("is also a document and a manual page", () => {
    const document = markdown(GARDEN, "make");
    const page = manPage(GARDEN);
    for (const command of allCommands(GARDEN)) {
      for (const flag of Object.keys(command.flags)) {
        expect(document).toContain(`\`--${flag}`);
        expect(page).toContain(`\\fB\\-\\-${flag}`);
      }
    }
    expect(document).toContain("| `--kind apple\\|pear` | what grows (default apple) |");
    expect(page).toContain("\\&.Dark soil is best.");
  });
});
