/** A program's commands as one table, and all that is made from it. */
export { completionScript } from "./completion.ts";
export { commandHelp } from "./help.ts";
export { manPage } from "./man-page.ts";
export { markdown } from "./markdown.ts";
export { endWithOutput } from "./output.ts";
export { type CommandLine, parseFlags, readCommandLine } from "./parse.ts";
export {
  allCommands,
  type Command,
  type CommandInfo,
  type Flag,
  type Flags,
  type Program,
  type Topic,
  type Values,
} from "./program.ts";
export { nearest } from "./suggestion.ts";
export { UsageError } from "./usage-error.ts";
