/** Generates a Markdown document with the whole help. */
import { flagRows, usage } from "./help.ts";
import { allCommands, type CommandInfo, commonFlags, type Flags, type Program } from "./program.ts";

/** Returns the document. `generator` is the command that generates it, which the document mentions. */
export function markdown(program: Program, generator: string): string {
  const { name, topics } = program;
  const commands = allCommands(program);
  const title = (command: CommandInfo) => (command.name === "" ? name : command.name);
  return [
    `# ${name}, the command line`,
    "",
    `Generated from the table of commands by \`${generator}\`; do not edit.`,
    "",
    ...commands.map(
      (command) =>
        `- [\`${[name, command.name].join(" ").trimEnd()}\`](#${title(command).replace(" ", "-")}): ${command.summary}`,
    ),
    ...topics.flatMap((topic) => [
      ...["", `## ${topic.title}`],
      ...topic.text.flatMap((paragraph) => ["", paragraph]),
      ...rows(topic.rows),
    ]),
    ...["", "## Options of every command", ...flagTable(commonFlags(program))],
    ...commands.flatMap((command) => [
      ...["", `## ${title(command)}`, "", `${sentence(command.summary)}.`],
      ...["", "```", usage(program, command), "```"],
      ...(command.details ?? []).flatMap((paragraph) => ["", paragraph]),
      ...flagTable(command.flags),
      ...["", "```", ...command.examples, "```"],
    ]),
    "",
  ].join("\n");
}

function flagTable(flags: Flags): string[] {
  return rows(flagRows(flags));
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  if (pairs.length === 0) return [];
  return ["", "| | |", "| --- | --- |", ...pairs.map(([name, text]) => `| \`${cell(name)}\` | ${cell(text)} |`)];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
