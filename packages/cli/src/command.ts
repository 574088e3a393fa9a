/** What a command of `grep11` is, and what it is given to run. */
import { commandsOf, type Flags, type Command as Row, type Program as Table } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "./connection/settings.ts";
import type { Io } from "./terminal/io.ts";

/** What every run is given besides its options and arguments. */
export interface CommandContext {
  readonly io: Io;
  /** Where the HSM is and who we are. */
  readonly settings: Settings;
  /** The HSM; connects when first used. */
  readonly hsm: ck.Ep11;
  /** Deadline and signal for every call of the HSM. */
  readonly options: ck.CallOptions;
}

/** A row of the table. */
export type Command<F extends Flags = Flags> = Row<CommandContext, void, F>;

/** The program. */
export type Program = Table<Command>;

/** `command`, with `run` typed by its flags. */
export const defineCommand = commandsOf<CommandContext, void>();
