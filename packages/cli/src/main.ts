#!/usr/bin/env node
import { processIo } from "./process-io.ts";
import { run } from "./run.ts";

// A reader that has seen enough (`grep11 mech list | head`) closes the pipe: nothing is left to do.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const code = await run(process.argv.slice(2), processIo());
// Nothing waits for stdin any more; what stdout still holds is written before the process ends.
process.stdin.destroy();
process.exitCode = code;
