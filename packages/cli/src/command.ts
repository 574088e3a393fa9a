/** The commands of `grep11`, and the context they run in. */
import { commandsOf, type Flags, type Command as Row, type Program as Table } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "./connection/settings.ts";
import type { Io } from "./terminal/io.ts";

/** The context of a run, besides its options and arguments. */
export interface CommandContext {
  readonly io: Io;
  /** The address of the HSM, and credentials. */
  readonly settings: Settings;
  /** The HSM; connects on first use. */
  readonly hsm: ck.Ep11;
  /** Deadline and signal for every call of the HSM. */
  readonly options: ck.CallOptions;
}

/** A command, as a row of the table. */
export type Command<F extends Flags = Flags> = Row<CommandContext, void, F>;

/** The program. */
export type Program = Table<Command>;

/** `command`, with `run` typed by its flags. */
export const defineCommand = commandsOf<CommandContext, void>();
