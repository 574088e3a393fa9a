/** What a program and its commands are: the table that parsing, help, documents and completion are made from. */

/**
 * One option. `value` names what it takes, in the help; FILE and DIR are completed as such. A `number` is above 0, an
 * `integer` within its bounds. Completion offers the `suggestions`, where `NAME:key=` is a key that may follow NAME, after other
 * keys and a comma; other values are valid too.
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

/** What an option is after parsing. */
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

/** All options of a command after parsing. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** What can be told about a command without running it. */
export interface CommandInfo<F extends Flags = Flags> {
  /** One or two words, "random" or "key gen"; none for what the program does without a word. */
  readonly name: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: readonly string[];
  /** How arguments besides options are written in the help; absent: there are none. FILE is completed as such. */
  readonly args?: string;
  /** What such an argument can be, for completion. */
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

/** A section of the general help: a title, paragraphs and a table. */
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
  /** Options of every command besides its own, and the title over them in the help. */
  readonly common: { readonly title: string; readonly flags: Flags };
  /** What the help explains besides commands: `help NAME`. */
  readonly topics: readonly Topic[];
}

/** The option of commands that print information for programs. */
export const JSON_OUTPUT = { json: { kind: "switch", help: "print JSON" } } as const satisfies Flags;

/** The option that every command of every program has. */
export const HELP = { help: { kind: "switch", help: "print this" } } as const satisfies Flags;

/** The shells there is completion for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** `completion SHELL`, which every program has. */
export function completionInfo({ name }: Program): CommandInfo {
  return {
    name: "completion",
    summary: "print the script by which a shell completes commands, options and files",
    details: [
      `For bash put \`source <(${name} completion bash)\` into ~/.bashrc, for zsh the same with zsh into ~/.zshrc, behind compinit; for fish write the script to ~/.config/fish/completions/${name}.fish.`,
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

/** Everything that can be asked for by a word: the table, and completion. */
export function allCommands(program: Program): readonly CommandInfo[] {
  return [...program.commands, completionInfo(program)];
}

/** Options of every command of the program, --help last. */
export function commonFlags(program: Program): Flags {
  return { ...program.common.flags, ...HELP };
}

/** Whether each option of the program is a switch or takes a value; those that are both in different commands are left out. */
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

/** The words of a command line that call `command`. */
export function wordsOf(program: Program, { name }: CommandInfo): string {
  return name === "" ? program.name : `${program.name} ${name}`;
}

/** What the option takes, as the help writes it; empty for a switch. */
export function valueName(flag: Flag): string {
  return flag.kind === "switch" ? "" : flag.kind === "choice" ? flag.choices.join("|") : flag.value;
}
