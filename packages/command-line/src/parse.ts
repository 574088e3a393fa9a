/** Parses arguments into a command with its options, or into the text that they ask for, such as the help. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { completionScript } from "./completion.ts";
import { commandHelp, overview, topicHelp } from "./help.ts";
import {
  allCommands,
  type Command,
  type CommandInfo,
  commonFlags,
  completionInfo,
  type Flag,
  type Flags,
  optionKinds,
  type Program,
  type Values,
  wordsOf,
} from "./program.ts";
import { nearest } from "./suggestion.ts";
import { UsageError } from "./usage-error.ts";

/** What a command line asks for: a text to print, or a command to run with options and arguments. */
export type CommandLine<C extends Command> =
  | { readonly text: string }
  | { readonly command: C; readonly flags: Values<Flags>; readonly args: readonly string[] };

/** Parses the arguments that follow the name of the program. Errors: UsageError. */
export function readCommandLine<C extends Command>(program: Program<C>, given: readonly string[]): CommandLine<C> {
  const argv = commandFirst(program, given);
  const command = findCommand(program.commands, argv);
  const info = command ?? findCommand([completionInfo(program)], argv);
  if (info === undefined) return { text: textFor(program, argv) };
  const rest = argv.slice(lengthOf(info));
  if (info.name === "" && isVersion(rest[0])) return { text: textFor(program, rest) };
  const { flags, args } = parseFlags(program, info, rest);
  if (flags.help === true) {
    return { text: info.name === "" ? overview(program, allCommands(program)) : commandHelp(program, info) };
  }
  return command === undefined ? { text: completionScript(program, args) } : { command, flags, args };
}

/** Returns `argv` with options that precede the command, as in `grep11 --json mech list`, moved after it. */
function commandFirst(program: Program, argv: readonly string[]): readonly string[] {
  const kinds = optionKinds(program);
  let at = 0;
  while (/^--[^-]/.test(argv[at] ?? "")) {
    const [name = "", value] = (argv[at] ?? "").slice(2).split("=", 2);
    const kind = kinds.get(name);
    if (kind === undefined) return argv;
    at += kind === "switch" || value !== undefined ? 1 : 2;
  }
  const words = argv.slice(at);
  if (at === 0 || words.length === 0) return argv;
  const hasNameless = program.commands.some(({ name }) => name === "");
  const isCommand = (findCommand(allCommands(program), words)?.name ?? "") !== "";
  return isCommand || !hasNameless ? [...words, ...argv.slice(0, at)] : argv;
}

function isVersion(word: string | undefined): boolean {
  return word === "--version" || word === "-V";
}

/** Returns the command with the longest name that begins `argv`. If an option comes first, returns the nameless command. */
function findCommand<C extends CommandInfo>(commands: readonly C[], argv: readonly string[]): C | undefined {
  const named = commands
    .filter(({ name }) => name !== "" && name === argv.slice(0, name.split(" ").length).join(" "))
    .sort((one, other) => lengthOf(other) - lengthOf(one));
  return named[0] ?? ((argv[0] ?? "-").startsWith("-") ? commands.find(({ name }) => name === "") : undefined);
}

function lengthOf({ name }: CommandInfo): number {
  return name === "" ? 0 : name.split(" ").length;
}

/** Returns the text to print for words that are not a command, such as `help` or `version`. Errors: UsageError. */
function textFor(program: Program, argv: readonly string[]): string {
  const [word = "help", ...rest] = argv;
  if (isVersion(word) || word === "version") return `${program.version()}\n`;
  if (["help", "--help", "-h"].includes(word)) return helpOn(program, rest);
  const group = groupOf(program, word);
  if (group.length > 0 && ["--help", "-h"].includes(rest[0] ?? "")) return overview(program, group);
  if (word.startsWith("-")) throw new UsageError(optionAlone(program, word));
  const known = group.length > 0 ? `there are ${group.map(({ name }) => name).join(", ")}` : seeHelp(program);
  const called = argv.slice(0, group.length > 0 ? 2 : 1).join(" ");
  throw new UsageError(`${called} is not a command; ${meantCommand(program, argv) ?? known}`);
}

/** Returns the message for a command line that has an option but no command. */
function optionAlone(program: Program, option: string): string {
  const kinds = optionKinds(program);
  const [name = ""] = option.replace(/^--?/, "").split("=", 1);
  if (kinds.has(name)) return `${option} needs a command; ${seeHelp(program)}`;
  const meant = nearest(name, [...kinds.keys(), "help", "version"]);
  return `Unknown option '${option}'; ${meant === undefined ? seeHelp(program) : `did you mean --${meant}?`}`;
}

/** Returns a question that suggests the command whose name was probably mistyped. */
function meantCommand(program: Program, argv: readonly string[]): string | undefined {
  const [first = "", second = ""] = argv;
  const names = allCommands(program).map(({ name }) => name);
  const group = groupOf(program, first).map(({ name }) => name.slice(first.length + 1));
  const inGroup = nearest(second, group);
  if (inGroup !== undefined) return `did you mean ${first} ${inGroup}?`;
  if (group.length > 0) return undefined;
  const pairs = names.filter((name) => name.includes(" "));
  const firsts = pairs.map((name) => name.split(" ")[0] ?? "");
  const meant = nearest(`${first} ${second}`, pairs) ?? nearest(first, [...names, ...firsts, "help", "version"]);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

function helpOn(program: Program, words: readonly string[]): string {
  if (words.length === 0) return overview(program, allCommands(program));
  const topic = program.topics.find(({ name }) => name === words[0]);
  if (topic !== undefined) return topicHelp(topic);
  const command = findCommand(allCommands(program), words);
  if (command !== undefined) return commandHelp(program, command);
  const group = words.length === 1 ? groupOf(program, words[0] ?? "") : [];
  if (group.length > 0) return overview(program, group);
  const known = [...allCommands(program), ...program.topics].map(({ name }) => name);
  const meant = nearest(words.join(" "), known);
  const next = meant === undefined ? seeHelp(program) : `did you mean ${meant}?`;
  throw new UsageError(`there is no help on ${words.join(" ")}; ${next}`);
}

function groupOf(program: Program, word: string): readonly CommandInfo[] {
  return allCommands(program).filter(({ name }) => name.startsWith(`${word} `));
}

function seeHelp(program: Program): string {
  return `see ${program.name} help`;
}

/** Parses the options and arguments of `command` in `argv`. Errors: UsageError. */
export function parseFlags(
  program: Program,
  command: CommandInfo,
  argv: readonly string[],
): { flags: Values<Flags>; args: readonly string[] } {
  const flags: Flags = { ...command.flags, ...commonFlags(program) };
  const called = wordsOf(program, command);
  const refuse = (reason: string) => new UsageError(`${reason}; see ${called} --help`);
  const { values, positionals } = parseRaw(flags, argv, refuse);
  if (values.help !== true) {
    if (command.args === undefined && positionals.length > 0) {
      throw refuse(`${called} takes no argument "${positionals[0]}"`);
    }
    for (const [name, flag] of Object.entries(flags)) {
      if (flag.kind === "text" && flag.required && values[name] === undefined) {
        throw refuse(`${called} needs --${name} ${flag.value}`);
      }
    }
  }
  const parsed = Object.entries(flags).map(([name, flag]) => [name, parsedValue(name, flag, values[name])]);
  return { flags: Object.fromEntries(parsed) as Values<Flags>, args: positionals };
}

function parseRaw(flags: Flags, argv: readonly string[], refuse: (reason: string) => UsageError) {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { kind }] of Object.entries(flags)) {
    options[name] = { type: kind === "switch" ? "boolean" : "string", multiple: kind === "list" };
  }
  options.help = { type: "boolean", short: "h" };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    const reason = (error as Error).message.split(". ")[0] ?? "";
    const unknown = /^Unknown option '--([^'=]+)/.exec(reason)?.[1];
    const meant = unknown === undefined ? undefined : nearest(unknown, Object.keys(flags));
    throw meant === undefined ? refuse(reason) : new UsageError(`${reason}; did you mean --${meant}?`);
  }
}

function parsedValue(name: string, flag: Flag, given: unknown): unknown {
  if (given === undefined) return flag.kind === "switch" ? false : flag.kind === "list" ? [] : flag.default;
  const text = String(given);
  if (flag.kind === "choice" && !flag.choices.includes(text)) {
    const meant = nearest(text, flag.choices);
    const question = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new UsageError(`--${name} is ${flag.choices.join(" or ")}${question}`);
  }
  if (flag.kind !== "number" && flag.kind !== "integer") return given;
  const value = Number(text);
  if (flag.kind === "number" && !(Number.isFinite(value) && value > 0))
    throw new UsageError(`--${name} takes a number above 0`);
  if (flag.kind === "integer" && !(/^\d{1,9}$/.test(text) && value >= flag.min && value <= flag.max))
    throw new UsageError(`--${name} takes a whole number from ${flag.min} to ${flag.max}`);
  return value;
}
