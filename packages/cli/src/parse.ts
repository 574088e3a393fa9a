/** From arguments to a command and its options. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Command, Flag, Flags, Values } from "./command.ts";
import { CONNECTION_FLAGS } from "./flags.ts";
import { UsageError } from "./usage-error.ts";

/** The command that `argv` starts with, and what follows its name; undefined when there is none. */
export function findCommand(
  commands: readonly Command[],
  argv: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const command = commands.find(
      ({ name }) => name === argv.slice(0, words).join(" ") && name.split(" ").length === words,
    );
    if (command !== undefined) return { command, rest: argv.slice(words) };
  }
  return undefined;
}

/** All options a command takes, its own and those of the connection. */
export type AllFlags = Flags & typeof CONNECTION_FLAGS;

/** Options and arguments of `command` in `argv`. Errors: UsageError. */
export function parseFlags(command: Command, argv: readonly string[]): { flags: Values<AllFlags>; args: string[] } {
  const flags: Flags = { ...command.flags, ...CONNECTION_FLAGS };
  const { values, positionals } = parseRaw(flags, argv);
  if (values.help !== true) {
    if (command.args === undefined && positionals.length > 0) {
      throw new UsageError(`${command.name} takes no argument "${positionals[0]}"`);
    }
    for (const [name, flag] of Object.entries(flags)) {
      if (flag.kind === "text" && flag.required && values[name] === undefined) {
        throw new UsageError(`${command.name} needs --${name} ${flag.value}`);
      }
    }
  }
  const parsed = Object.entries(flags).map(([name, flag]) => [name, parsedValue(name, flag, values[name])]);
  return { flags: Object.fromEntries(parsed) as Values<AllFlags>, args: positionals };
}

function parseRaw(flags: Flags, argv: readonly string[]) {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { kind }] of Object.entries(flags)) {
    options[name] = { type: kind === "switch" ? "boolean" : "string", multiple: kind === "list" };
  }
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0] ?? "", { cause: error });
  }
}

function parsedValue(name: string, flag: Flag, given: unknown): unknown {
  switch (flag.kind) {
    case "switch":
      return given ?? false;
    case "list":
      return given ?? [];
    case "text":
      return given ?? flag.default;
    case "choice":
      if (given !== undefined && !flag.choices.includes(String(given))) {
        throw new UsageError(`--${name} is ${flag.choices.join(" or ")}`);
      }
      return given ?? flag.default;
    case "number": {
      if (given === undefined) return flag.default;
      const value = Number(given);
      if (!Number.isFinite(value) || value <= 0 || given === "")
        throw new UsageError(`--${name} takes a number above 0`);
      return value;
    }
  }
}
