/** What a command is: a row of the table that parsing, help and the documentation are made from. */
import type { CallOptions, Ep11 } from "@grep11/cryptoki";
import type { Io } from "./io.ts";

/** One option. `value` names what it takes, in the help. */
export type Flag =
  | {
      readonly kind: "text";
      readonly value: string;
      readonly help: string;
      readonly required?: true;
      readonly default?: string;
    }
  | { readonly kind: "number"; readonly value: string; readonly help: string; readonly default?: number }
  | { readonly kind: "list"; readonly value: string; readonly help: string }
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly help: string; readonly default: string }
  | { readonly kind: "switch"; readonly help: string };

/** Options by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** What an option is after parsing. */
type ValueOf<F extends Flag> = F extends { kind: "switch" }
  ? boolean
  : F extends { kind: "list" }
    ? readonly string[]
    : F extends { kind: "number" }
      ? F extends { default: number }
        ? number
        : number | undefined
      : F extends { kind: "choice" }
        ? F["choices"][number]
        : F extends { required: true } | { default: string }
          ? string
          : string | undefined;

/** All options of a command after parsing. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** One run of a command. */
export interface Call<F extends Flags = Flags> {
  readonly flags: Values<F>;
  /** What stands on the command line besides options. */
  readonly args: readonly string[];
  readonly io: Io;
  /** The HSM; connects when first asked. */
  readonly hsm: Ep11;
  /** Deadline and signal for every call of the HSM. */
  readonly options: CallOptions;
}

/** A row of the table. */
export interface Command<F extends Flags = Flags> {
  /** One or two words: "random", "key gen". */
  readonly name: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: readonly string[];
  /** How arguments besides options are written in the help; absent: there are none. */
  readonly args?: string;
  readonly flags: F;
  readonly examples: readonly string[];
  run(call: Call<F>): Promise<void>;
}

/** `command`, with `run` typed by its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
