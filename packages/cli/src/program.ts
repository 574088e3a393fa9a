import { packageVersion } from "@grep11/command-line";
import type { Program } from "./command.ts";
import { COMMANDS } from "./commands/table.ts";
import { CONNECTION_FLAGS } from "./terminal/flags.ts";
import { TOPICS } from "./terminal/topics.ts";

export const PROGRAM: Program = {
  name: "grep11",
  summary: "keys and cryptography in a GREP11 HSM",
  version: () => packageVersion(new URL("../package.json", import.meta.url)),
  commands: COMMANDS,
  common: { title: "Connection (grep11 help connection)", flags: CONNECTION_FLAGS },
  topics: TOPICS,
};
