import { commandsOf, type Flags, type Command as Row, type Program as Table } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import type { Settings } from "./connection/settings.ts";
import type { Io } from "./terminal/io.ts";

/** What commands get in addition to their options and arguments. */
export interface CommandContext {
  readonly io: Io;
  /** The address of the HSM, and the credentials for it. */
  readonly settings: Settings;
  /** The HSM. The first access to this property opens the connection. */
  readonly hsm: ck.Ep11;
  /** The deadline and the AbortSignal for every call to the HSM. */
  readonly options: ck.CallOptions;
}

export type Command<F extends Flags = Flags> = Row<CommandContext, void, F>;

export type Program = Table<Command>;

/** Returns its argument. It exists so that TypeScript infers the arguments of `run` from the command's options. */
export const defineCommand = commandsOf<CommandContext, void>();
