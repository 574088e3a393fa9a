/** The commands of `grep11`, and the context they run in. */
import { commandsOf, type Flags, type Command as Row, type Program as Table } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "./connection/settings.ts";
import type { Io } from "./terminal/io.ts";

/** What a command gets besides its options and arguments. */
export interface CommandContext {
  readonly io: Io;
  /** The address of the HSM, and credentials. */
  readonly settings: Settings;
  /** The HSM. It is connected to on first use. */
  readonly hsm: ck.Ep11;
  /** The deadline and the signal for every call to the HSM. */
  readonly options: ck.CallOptions;
}

/** A command, as a row of the table of commands. */
export type Command<F extends Flags = Flags> = Row<CommandContext, void, F>;

/** The type of the program's table. */
export type Program = Table<Command>;

/** Returns `command` unchanged. It exists so that TypeScript infers the arguments of `run` from the flags. */
export const defineCommand = commandsOf<CommandContext, void>();
