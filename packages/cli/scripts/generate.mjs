// Generates docs/cli.md and the manual page from the table of commands.
import { mkdirSync, writeFileSync } from "node:fs";
import { manPage, markdown } from "@grep11/command-line";
import { PROGRAM } from "../src/program.ts";

const file = (path) => new URL(`../${path}`, import.meta.url);
mkdirSync(file("man"), { recursive: true });
writeFileSync(file("../../docs/cli.md"), markdown(PROGRAM, "pnpm --filter grep11 generate"));
writeFileSync(file("man/grep11.1"), manPage(PROGRAM));
