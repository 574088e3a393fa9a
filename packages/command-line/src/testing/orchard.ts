/** A small program that uses all features of the table. */
import type { Command, Program } from "../program.ts";

async function run(): Promise<void> {}

const COMMANDS: readonly Command<object, void>[] = [
  {
    name: "tree plant",
    summary: "plant a tree: it's slow",
    details: ["A tree needs [light] and water."],
    flags: {
      out: { kind: "text", value: "FILE", help: "where to plant", required: true },
      in: { kind: "text", value: "DIR", help: "where the seeds are" },
      kind: { kind: "choice", choices: ["apple", "pear"], help: "what grows", default: "apple" },
      rows: { kind: "integer", value: "N", help: "how many rows", min: 0, max: 9, default: 3 },
      space: { kind: "number", value: "METRES", help: "between two", default: 2.5 },
      site: {
        kind: "text",
        value: "SITE",
        help: "on which ground",
        suggestions: ["hill", "hill:south", "hill:north", "dale"],
      },
      note: { kind: "list", value: "TEXT", help: "what to write on it" },
      force: { kind: "switch", help: "even in winter" },
    },
    examples: ["orchard tree plant --out hill --kind pear"],
    run,
  },
  { name: "tree", summary: "count trees", flags: {}, examples: ["orchard tree"], run },
  { name: "eat", summary: "eat fruit", args: "FILE...", flags: {}, examples: ["orchard eat apple"], run },
  {
    name: "pick",
    summary: "pick fruit",
    args: "WHAT",
    argChoices: ["ripe", "all"],
    flags: {},
    examples: ["orchard pick ripe"],
    run,
  },
];

/** A program that does nothing if no command is given. */
export const ORCHARD: Program<Command<object, void>> = {
  name: "orchard",
  summary: "trees and fruit",
  version: () => "1.2.3",
  commands: COMMANDS,
  common: { title: "Weather", flags: { season: { kind: "text", value: "FILE", help: "almanac" } } },
  topics: [{ name: "soil", title: "About soil", text: [".Dark soil is best."], rows: [["clay", "holds water"]] }],
};

/** The same program with one more command, which runs if no command is given. */
export const GARDEN: Program<Command<object, void>> = {
  ...ORCHARD,
  name: "the-garden",
  commands: [
    {
      name: "",
      summary: "grow",
      flags: { fast: { kind: "switch", help: "hurry" } },
      examples: ["the-garden --fast"],
      run,
    },
    ...COMMANDS,
  ],
};
