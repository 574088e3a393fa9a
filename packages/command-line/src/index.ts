/** Defines a program's commands in one table, and makes its parser, help, documents and shell completion from that table. */
export { completionScript } from "./completion.ts";
export { commandHelp } from "./help.ts";
export { readHiddenLine } from "./hidden-line.ts";
export { manPage } from "./man-page.ts";
export { markdown } from "./markdown.ts";
export { endWithOutput } from "./output.ts";
export { packageVersion } from "./package-version.ts";
export { type CommandLine, parseFlags, readCommandLine } from "./parse.ts";
export {
  allCommands,
  type Command,
  type CommandInfo,
  commandsOf,
  type Flag,
  type Flags,
  JSON_OUTPUT,
  type Program,
  type Topic,
  type Values,
} from "./program.ts";
export { nearest } from "./suggestion.ts";
export { systemErrorReason } from "./system-error.ts";
export { UsageError } from "./usage-error.ts";
