/** `grep11` as a table. */
import { readFileSync } from "node:fs";
import type { Program } from "./command.ts";
import { COMMANDS } from "./commands/table.ts";
import { CONNECTION_FLAGS } from "./terminal/flags.ts";
import { TOPICS } from "./terminal/topics.ts";

/** What the program is called, knows and can do. */
export const PROGRAM: Program = {
  name: "grep11",
  summary: "keys and cryptography in a GREP11 HSM",
  version,
  commands: COMMANDS,
  common: { title: "Connection (grep11 help connection)", flags: CONNECTION_FLAGS },
  topics: TOPICS,
};

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
