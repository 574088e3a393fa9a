import { flagRows, usage } from "./help.ts";
import { allCommands, type CommandInfo, commonFlags, type Program } from "./program.ts";

/** Returns a Markdown document with the whole help. It names `generator`, the shell command that generates it. */
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
    ...["", "## Options of every command", ...rows(flagRows(commonFlags(program)))],
    ...commands.flatMap((command) => [
      ...["", `## ${title(command)}`, "", `${sentence(command.summary)}.`],
      ...["", "```", usage(program, command), "```"],
      ...(command.details ?? []).flatMap((paragraph) => ["", paragraph]),
      ...rows(flagRows(command.flags)),
      ...["", "```", ...command.examples, "```"],
    ]),
    "",
  ].join("\n");
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
