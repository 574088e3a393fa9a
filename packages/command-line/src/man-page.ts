import { flagRows, usage } from "./help.ts";
import { allCommands, commonFlags, type Program, wordsOf } from "./program.ts";

/** Returns the help as a manual page for section 1, in man(7) macros. It has no date, so it changes only with the commands. */
export function manPage(program: Program): string {
  const { name, summary, topics } = program;
  const commands = allCommands(program);
  return [
    `.TH ${name.toUpperCase()} 1`,
    ...[".SH NAME", `${text(name)} \\- ${text(summary)}`],
    ".SH SYNOPSIS",
    ...commands.flatMap((command) => [".br", text(usage(program, command))]).slice(1),
    ".SH COMMANDS",
    ...commands.flatMap((command) => [
      ...[`.SS ${text(wordsOf(program, command))}`, text(command.summary)],
      ...(command.details ?? []).flatMap((paragraph) => [".PP", text(paragraph)]),
      ...definitions(flagRows(command.flags)),
      ...[".PP", "Examples:", ".PP", ".nf", ...command.examples.map((example) => `  ${text(example)}`), ".fi"],
    ]),
    ".SH OPTIONS OF EVERY COMMAND",
    ...definitions(flagRows(commonFlags(program))),
    ...topics.flatMap((topic) => [
      `.SH ${text(topic.title.toUpperCase())}`,
      ...topic.text.flatMap((paragraph) => [".PP", text(paragraph)]),
      ...definitions(topic.rows),
    ]),
    "",
  ].join("\n");
}

function definitions(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([term, meaning]) => [".TP", `\\fB${text(term)}\\fR`, text(meaning)]);
}

/** Escapes the characters in `line` that roff would interpret. */
function text(line: string): string {
  return line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&");
}
