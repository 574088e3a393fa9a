/** The commands of `grep11-server`, and the context they run in. */
import { commandsOf, type Flags, type Command as Row } from "@grep11/command-line";

/** The environment and the outputs of a command. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line of results to stdout. */
  out(line: string): void;
  /** Writes a message to stderr. */
  err(line: string): void;
}

/** A command, as a row of the table of commands. `run` returns the exit code. */
export type Command<F extends Flags = Flags> = Row<{ readonly io: Io }, number, F>;

/** Returns `command` unchanged. It exists so that TypeScript infers the arguments of `run` from the flags. */
export const defineCommand = commandsOf<{ readonly io: Io }, number>();
