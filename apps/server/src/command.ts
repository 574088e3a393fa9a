/** What a command of `grep11-server` is, and what it is given to run. */
import type { Flags, Command as Row } from "@grep11/command-line";

/** Where a command reads and writes besides files. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results, for programs. */
  out(line: string): void;
  /** Messages, for people. */
  say(line: string): void;
}

/** A row of the table; a run answers the exit code. */
export type Command<F extends Flags = Flags> = Row<{ readonly io: Io }, number, F>;

/** `command`, with `run` typed by its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}

/** The option of commands that answer facts. */
export const JSON_OUTPUT = { json: { kind: "switch", help: "answer one JSON object" } } as const satisfies Flags;
