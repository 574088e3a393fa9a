/** Defines programs as tables of commands. Parser, help, documents and completion are generated from the table. */

/**
 * An option of a command. `value` is the placeholder of its value in the help. The placeholders FILE and DIR make completion
 * suggest files and folders. A `number` must be above 0. Completion offers `suggestions`, but the parser accepts other values
 * too. The suggestion `NAME:key=` offers a key after NAME, and again after each comma.
 */
export type Flag =
  | (Valued & {
      readonly kind: "text";
      readonly required?: true;
      readonly default?: string;
      readonly suggestions?: readonly string[];
    })
  | (Valued & { readonly kind: "number"; readonly default?: number })
  | (Valued & { readonly kind: "integer"; readonly min: number; readonly max: number; readonly default?: number })
  | (Valued & { readonly kind: "list" })
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly help: string; readonly default: string }
  | { readonly kind: "switch"; readonly help: string };

interface Valued {
  readonly value: string;
  readonly help: string;
}

/** Options by name, without the leading dashes. */
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

/** Everything about a command except the function that runs it. */
export interface CommandInfo<F extends Flags = Flags> {
  /** One or two words, such as "random" or "key gen". The command that runs when none is named has the name "". */
  readonly name: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: readonly string[];
  /** The arguments as the help shows them; absent if the command takes none. FILE makes completion suggest files. */
  readonly args?: string;
  /** The values that completion suggests for an argument. */
  readonly argChoices?: readonly string[];
  readonly flags: F;
  readonly examples: readonly string[];
}

/** A command of the table. Besides options and arguments, `run` gets the properties of `Context`. */
export interface Command<Context = never, Result = unknown, F extends Flags = Flags> extends CommandInfo<F> {
  run(call: Context & { readonly flags: Values<F>; readonly args: readonly string[] }): Promise<Result>;
}

/** Returns an identity function for commands. Through it, TypeScript infers the arguments of `run` from the command's options. */
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

export interface Program<C extends Command = Command> {
  readonly name: string;
  readonly summary: string;
  readonly version: () => string;
  /** The commands in the order of the help. */
  readonly commands: readonly C[];
  /** The options that every command has, and their title in the help. */
  readonly common: { readonly title: string; readonly flags: Flags };
  /** Topics besides commands that `help NAME` explains. */
  readonly topics: readonly Topic[];
}

/** The option of commands that can also print JSON. */
export const JSON_OUTPUT = { json: { kind: "switch", help: "print JSON" } } as const satisfies Flags;

const HELP = { help: { kind: "switch", help: "print this" } } as const satisfies Flags;

export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Returns the command `completion`, which every program has. */
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

/** Returns the commands of the program, followed by `completion`. */
export function allCommands(program: Program): readonly CommandInfo[] {
  return [...program.commands, completionInfo(program)];
}

/** Returns the options that every command of the program has, with --help at the end. */
export function commonFlags(program: Program): Flags {
  return { ...program.common.flags, ...HELP };
}

/** Tells for each option name whether it is a switch or takes a value. Names that differ between commands are left out. */
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

/** Returns how the help shows the value of an option; empty for a switch. */
export function valueName(flag: Flag): string {
  return flag.kind === "switch" ? "" : flag.kind === "choice" ? flag.choices.join("|") : flag.value;
}
