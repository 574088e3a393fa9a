import { commandsOf, type Flags, type Command as Row } from "@grep11/command-line";

/** The environment variables and the outputs that a command uses. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line of results to stdout. */
  out(line: string): void;
  /** Writes a message to stderr. */
  err(line: string): void;
}

/** A command of `grep11-server`. `run` returns the exit code. */
export type Command<F extends Flags = Flags> = Row<{ readonly io: Io }, number, F>;

/** Returns its argument. It exists so that TypeScript infers the arguments of `run` from the command's options. */
export const defineCommand = commandsOf<{ readonly io: Io }, number>();
