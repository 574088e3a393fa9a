/** A program and its commands: the table from which parser, help, documents and completion are generated. */

/**
 * An option. `value` is the placeholder of its value in the help; FILE and DIR are completed as such. A `number` is above 0, an
 * `integer` within its bounds. Completion offers the `suggestions`, of which `NAME:key=` is a key that may follow NAME, after
 * other keys and a comma; other values are allowed.
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

/** Options by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** The type of an option after parsing. */
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

/** The options of a command after parsing. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** The description of a command. */
export interface CommandInfo<F extends Flags = Flags> {
  /** One or two words, such as "random" or "key gen"; empty for what the program does without a command. */
  readonly name: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: readonly string[];
  /** The arguments as the help writes them; absent: there are none. FILE is completed as such. */
  readonly args?: string;
  /** The values of an argument, for completion. */
  readonly argChoices?: readonly string[];
  readonly flags: F;
  readonly examples: readonly string[];
}

/** A row of the table. `Context` is what the program passes to every run, `Result` what a run returns. */
export interface Command<Context = never, Result = unknown, F extends Flags = Flags> extends CommandInfo<F> {
  run(call: Context & { readonly flags: Values<F>; readonly args: readonly string[] }): Promise<Result>;
}

/** A function that types the commands of a program: their runs get `Context` and the values of the command's own flags. */
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
  /** In the order of the help. */
  readonly commands: readonly C[];
  /** Options that every command has, and their title in the help. */
  readonly common: { readonly title: string; readonly flags: Flags };
  /** What the help explains besides commands, with `help NAME`. */
  readonly topics: readonly Topic[];
}

/** The option of commands that print information for programs. */
export const JSON_OUTPUT = { json: { kind: "switch", help: "print JSON" } } as const satisfies Flags;

/** The option that every command of every program has. */
const HELP = { help: { kind: "switch", help: "print this" } } as const satisfies Flags;

/** The shells for which there is completion. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** `completion SHELL`, which every program has. */
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

/** The commands of the table, and completion. */
export function allCommands(program: Program): readonly CommandInfo[] {
  return [...program.commands, completionInfo(program)];
}

/** The options of every command of the program, with --help at the end. */
export function commonFlags(program: Program): Flags {
  return { ...program.common.flags, ...HELP };
}

/** Whether an option is a switch or takes a value, by name; options that differ between commands are left out. */
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

/** The words that call `command`, starting with the program. */
export function wordsOf(program: Program, { name }: CommandInfo): string {
  return name === "" ? program.name : `${program.name} ${name}`;
}

/** The value of the option, as the help writes it; empty for a switch. */
export function valueName(flag: Flag): string {
  return flag.kind === "switch" ? "" : flag.kind === "choice" ? flag.choices.join("|") : flag.value;
}
