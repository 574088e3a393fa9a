#!/usr/bin/env node
import { endWithOutput } from "@grep11/command-line";
import { EXIT_CODES } from "./exit-code.ts";
import { processIo } from "./process-io.ts";
import { run } from "./run.ts";

endWithOutput("grep11", EXIT_CODES.unexpected[0], process);

const code = await run(process.argv.slice(2), processIo());
// Nothing waits for stdin any more; what stdout still holds is written before the process ends.
process.stdin.destroy();
process.exitCode = code;
