#!/usr/bin/env node
import { endWithOutput } from "@grep11/command-line";
import { run } from "./run.ts";
import { EXIT_CODES } from "./terminal/exit-code.ts";
import { endProcess, processIo } from "./terminal/process-io.ts";

endWithOutput("grep11", EXIT_CODES.unexpected[0], process);

const io = processIo();
const code = await run(process.argv.slice(2), io);
// Nothing reads stdin any more. Pending output is still written before the process ends.
process.stdin.destroy();
process.exitCode = code;
// After a signal, the process does not wait for a pipe that nobody reads or a connection that does not close.
if (io.signal.aborted) endProcess(io.signal);
