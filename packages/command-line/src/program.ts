/** Defines a program and its commands as a table, from which parser, help, documents and completion are generated. */

/**
 * An option of a command. `value` is the placeholder for its value in the help; the placeholders FILE and DIR make completion
 * suggest files and folders. A `number` must be above 0, an `integer` within its bounds. Completion suggests `suggestions`, but
 * other values are allowed. A suggestion `NAME:key=` is a key that may follow NAME, also after other keys and a comma.
 */
export type Flag =
  | {
      readonly kind: "text";
      readonly value: string;
      readonly help: string;
      readonly required?: true;
      readonly default?: string;
      readonly suggestions?: readonly string[];
    }
  | { readonly kind: "number"; readonly value: string; readonly help: string; readonly default?: number }
  | {
      readonly kind: "integer";
      readonly value: string;
      readonly help: string;
      readonly min: number;
      readonly max: number;
      readonly default?: number;
    }
  | { readonly kind: "list"; readonly value: string; readonly help: string }
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly help: string; readonly default: string }
  | { readonly kind: "switch"; readonly help: string };

/** Options by name, where names have no dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** The type of an option's value after parsing. */
type ValueOf<F extends Flag> = F extends { kind: "switch" }
  ? boolean
  : F extends { kind: "list" }
    ? readonly string[]
    : F extends { kind: "number" | "integer" }
      ? F extends { default: number }
        ? number
        : number | undefined
      : F extends { kind: "choice" }
        ? F["choices"][number]
        : F extends { required: true } | { default: string }
          ? string
          : string | undefined;

/** The values of a command's options after parsing. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** The description of a command. */
export interface CommandInfo<F extends Flags = Flags> {
  /** The name: one or two words, such as "random" or "key gen". Empty for what the program does if no command is given. */
  readonly name: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: readonly string[];
  /** The arguments as the help shows them; absent if there are none. FILE makes completion suggest files. */
  readonly args?: string;
  /** The possible values of an argument, for completion. */
  readonly argChoices?: readonly string[];
  readonly flags: F;
  readonly examples: readonly string[];
}

/** A command, as a row of the table. `Context` is what the program passes to `run`, and `Result` is what `run` returns. */
export interface Command<Context = never, Result = unknown, F extends Flags = Flags> extends CommandInfo<F> {
  run(call: Context & { readonly flags: Values<F>; readonly args: readonly string[] }): Promise<Result>;
}

/**
 * Returns a function that types the commands of a program, so that `run` gets `Context` and the values of the command's own
 * options.
 */
export function commandsOf<Context, Result>() {
  return <const F extends Flags>(command: Command<Context, Result, F>): Command<Context, Result, F> => command;
}

/** A topic of the help: a title, paragraphs and a table. */
export interface Topic {
  readonly name: string;
  readonly title: string;
  readonly text: readonly string[];
  readonly rows: readonly (readonly [string, string])[];
}

/** A program. */
export interface Program<C extends Command = Command> {
  readonly name: string;
  readonly summary: string;
  readonly version: () => string;
  /** The commands in the order of the help. */
  readonly commands: readonly C[];
  /** Options that every command has, and their title in the help. */
  readonly common: { readonly title: string; readonly flags: Flags };
  /** Topics besides commands that `help NAME` explains. */
  readonly topics: readonly Topic[];
}

/** The option of commands that print information for programs. */
export const JSON_OUTPUT = { json: { kind: "switch", help: "print JSON" } } as const satisfies Flags;

/** The option that every command of every program has. */
const HELP = { help: { kind: "switch", help: "print this" } } as const satisfies Flags;

/** The shells for which there is completion. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Returns the command `completion SHELL`, which every program has. */
export function completionInfo({ name }: Program): CommandInfo {
  return {
    name: "completion",
    summary: "print the script with which a shell completes commands, options and files",
    details: [
      `For bash put \`source <(${name} completion bash)\` into ~/.bashrc, for zsh the same with zsh into ~/.zshrc, after compinit; for fish write the script to ~/.config/fish/completions/${name}.fish.`,
    ],
    args: SHELLS.join("|"),
    argChoices: SHELLS,
    flags: {},
    examples: [
      `source <(${name} completion bash)`,
      `${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    ],
  };
}

/** Returns the commands of the table, and completion. */
export function allCommands(program: Program): readonly CommandInfo[] {
  return [...program.commands, completionInfo(program)];
}

/** Returns the options that every command of the program has, with --help at the end. */
export function commonFlags(program: Program): Flags {
  return { ...program.common.flags, ...HELP };
}

/** Returns for each option name whether it is a switch or takes a value. Options that differ between commands are left out. */
export function optionKinds(program: Program): ReadonlyMap<string, "switch" | "value"> {
  const kinds = new Map<string, "switch" | "value">();
  const mixed = new Set<string>();
  for (const flags of [commonFlags(program), ...program.commands.map((command) => command.flags)]) {
    for (const [name, flag] of Object.entries(flags)) {
      const kind = flag.kind === "switch" ? "switch" : "value";
      if ((kinds.get(name) ?? kind) !== kind) mixed.add(name);
      kinds.set(name, kind);
    }
  }
  for (const name of [...mixed, "help"]) kinds.delete(name);
  return kinds;
}

/** Returns the words that call `command`, starting with the name of the program. */
export function wordsOf(program: Program, { name }: CommandInfo): string {
  return name === "" ? program.name : `${program.name} ${name}`;
}

/** Returns the placeholder for the option's value in the help, or an empty string for a switch. */
export function valueName(flag: Flag): string {
  return flag.kind === "switch" ? "" : flag.kind === "choice" ? flag.choices.join("|") : flag.value;
}
