/** The command line as data: commands, their options, the help made from both, and the parser. */
import { parseArgs } from "node:util";

/** One option of a command. */
export interface Option {
  /** Word for the value in the help, such as FILE; absent for a switch. */
  readonly value?: string;
  readonly summary: string;
  readonly multiple?: boolean;
}

/** What a command was called with, by option name. */
export interface Values {
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  /** A port from 0 to 65535, or `fallback` when the option is absent. Errors: {@link UsageError}. */
  port(name: string, fallback: number): number;
  has(name: string): boolean;
}

/** Where a command reads and writes besides files. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results, for programs. */
  out(line: string): void;
  /** Messages, for people. */
  say(line: string): void;
}

/** One command of the program. */
export interface Command {
  /** The words that name it, such as ["keyring", "init"]; none for the default command. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Answers the exit code. */
  run(values: Values, io: Io): Promise<number>;
}

/** A command line that makes no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command that `argv` names and what it was called with. Errors: {@link UsageError}. */
export function parseCommandLine(commands: readonly Command[], argv: readonly string[]): [Command, Values] {
  const firstOption = argv.findIndex((word) => word.startsWith("-"));
  const words = firstOption === -1 ? argv : argv.slice(0, firstOption);
  const command = commands.find(
    (candidate) => candidate.words.length === words.length && candidate.words.every((word, i) => word === words[i]),
  );
  if (command === undefined) throw new UsageError(`no command "${words.join(" ")}"`);
  return [command, parseValues(command, argv.slice(words.length))];
}

function parseValues(command: Command, args: string[]): Values {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, multiple = false }]) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), multiple },
    ]),
  );
  let parsed: Record<string, unknown>;
  try {
    parsed = parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const text = (name: string) => parsed[name] as string | undefined;
  return {
    text,
    texts: (name) => (parsed[name] as string[] | undefined) ?? [],
    has: (name) => parsed[name] !== undefined,
    port(name, fallback) {
      const value = text(name);
      if (value === undefined) return fallback;
      if (!/^\d{1,5}$/.test(value) || Number(value) > 65535)
        throw new UsageError(`--${name} ${value}: expected 0 to 65535`);
      return Number(value);
    },
  };
}

/** Help for the whole program, or for one command. */
export function helpText(program: string, commands: readonly Command[]): string {
  const lines: string[] = [];
  for (const command of commands) {
    lines.push(`${[program, ...command.words].join(" ")}`, `    ${command.summary}`);
    for (const [name, option] of Object.entries(command.options)) {
      const left = `--${name}${option.value === undefined ? "" : ` ${option.value}`}`;
      lines.push(`      ${left.padEnd(26)} ${option.summary}`);
    }
    lines.push("");
  }
  return lines.join("\n");
}
