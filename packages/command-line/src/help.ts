/** Generates the help texts for a terminal. */
import {
  type CommandInfo,
  commonFlags,
  type Flag,
  type Flags,
  type Program,
  type Topic,
  valueName,
  wordsOf,
} from "./program.ts";

const WIDTH = 100;

/** Returns the name and summary of the program, the help of its nameless command, and one line for each other command. */
export function overview(program: Program, commands: readonly CommandInfo[]): string {
  const { name, summary, topics } = program;
  const own = commands.find((command) => command.name === "");
  const others = commands.filter((command) => command !== own);
  return [
    `${name}: ${summary}`,
    "",
    ...(own === undefined ? [] : [...ownHelp(program, own), ""]),
    `Usage: ${name} COMMAND [OPTIONS]`,
    "",
    ...table(others.map((command) => [command.name, command.summary])),
    "",
    `${name} COMMAND --help explains a command, ${name} help TOPIC one of:`,
    ...table(topics.map((topic) => [topic.name, topic.title])),
    "",
  ].join("\n");
}

function ownHelp(program: Program, own: CommandInfo): string[] {
  return [
    `Usage: ${usage(program, own)}`,
    ...wrapText(own.summary, "", ""),
    ...(own.details ?? []).flatMap((paragraph) => ["", ...wrapText(paragraph, "", "")]),
    ...section("Options:", own.flags),
    ...["", "Examples:", ...own.examples.map((example) => `  ${example}`)],
  ];
}

export function commandHelp(program: Program, command: CommandInfo): string {
  return [
    `${wordsOf(program, command)}: ${command.summary}`,
    "",
    `Usage: ${usage(program, command)}`,
    ...(command.details ?? []).flatMap((paragraph) => ["", ...wrapText(paragraph, "", "")]),
    ...section("Options:", command.flags),
    ...section(`${program.common.title}:`, commonFlags(program)),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

export function topicHelp(topic: Topic): string {
  const text = topic.text.flatMap((paragraph) => [...wrapText(paragraph, "", ""), ""]);
  return [topic.title, "", ...text, ...table(topic.rows), ""].join("\n");
}

/** Returns the usage line of the command: its words, its required options and its arguments. */
export function usage(program: Program, command: CommandInfo): string {
  const required = Object.entries(command.flags).flatMap(([flag, row]) =>
    row.kind === "text" && row.required ? [`--${flag} ${row.value}`] : [],
  );
  const args = command.args === undefined ? [] : [command.args];
  return [wordsOf(program, command), ...required, ...args, "[OPTIONS]"].join(" ");
}

/** Returns for each option how users write it, such as `--out FILE`, and what it means. */
export function flagRows(flags: Flags): [string, string][] {
  return Object.entries(flags).map(([name, flag]) => [`--${name} ${valueName(flag)}`.trimEnd(), describe(flag)]);
}

function describe(flag: Flag): string {
  if (flag.kind === "list") return `${flag.help}; may be repeated`;
  if (!("default" in flag) || flag.default === undefined || flag.default === "") return flag.help;
  return `${flag.help} (default ${flag.default})`;
}

function section(title: string, flags: Flags): string[] {
  const rows = flagRows(flags);
  return rows.length === 0 ? [] : ["", title, ...table(rows)];
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const widest = Math.min(30, Math.max(...rows.map(([name]) => name.length)));
  return rows.flatMap(([name, text]) => {
    const first = `  ${name.padEnd(widest)}  `;
    const indent = " ".repeat(widest + 4);
    return name.length > widest ? [`  ${name}`, ...wrapText(text, indent, indent)] : wrapText(text, first, indent);
  });
}

function wrapText(text: string, first: string, indent: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ")) {
    const gap = line === first || line === indent ? "" : " ";
    if (line.length + gap.length + word.length > WIDTH && gap !== "") {
      lines.push(line);
      line = indent + word;
    } else line += gap + word;
  }
  return [...lines, line];
}
