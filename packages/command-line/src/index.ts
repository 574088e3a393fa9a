/**
 * Defines the commands of a program in one table, generates parser, help and completion from it, and has what else command-line
 * programs need.
 */
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
