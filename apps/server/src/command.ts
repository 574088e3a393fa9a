/** What a command of `grep11-server` is, and what it is given to run. */
import { commandsOf, type Flags, type Command as Row } from "@grep11/command-line";

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
export const defineCommand = commandsOf<{ readonly io: Io }, number>();
