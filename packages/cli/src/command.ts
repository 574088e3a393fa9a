/** What a command of `grep11` is, and what it is given to run. */
import type { Flags, Command as Row, Program as Table } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "./connection/settings.ts";
import type { Io } from "./terminal/io.ts";

/** What every run is given besides its options and arguments. */
export interface Surroundings {
  readonly io: Io;
  /** Where the HSM is and who we are. */
  readonly settings: Settings;
  /** The HSM; connects when first asked. */
  readonly hsm: ck.Ep11;
  /** Deadline and signal for every call of the HSM. */
  readonly options: ck.CallOptions;
}

/** A row of the table. */
export type Command<F extends Flags = Flags> = Row<Surroundings, void, F>;

/** The program. */
export type Program = Table<Command>;

/** `command`, with `run` typed by its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
