// Writes docs/cli.md from the table of commands.
import { writeFileSync } from "node:fs";
import { COMMANDS } from "../src/commands/table.ts";
import { markdown } from "../src/help.ts";

writeFileSync(new URL("../../../docs/cli.md", import.meta.url), markdown(COMMANDS));
