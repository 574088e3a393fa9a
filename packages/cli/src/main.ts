#!/usr/bin/env node
import module from "node:module";
import { fileURLToPath } from "node:url";

const NODE = 24;

if (Number.parseInt(process.versions.node, 10) < NODE) {
  process.stderr.write(`grep11: needs Node ${NODE} or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
// Compiled code is cached next to the program, because other users could put code of their own into a shared folder.
module.enableCompileCache(fileURLToPath(new URL("../.compile-cache", import.meta.url)));
const { endWithOutput } = await import("@grep11/command-line");
const { run } = await import("./run.ts");
const { EXIT_CODES } = await import("./terminal/exit-code.ts");
const { endProcess, processIo } = await import("./terminal/process-io.ts");

endWithOutput("grep11", EXIT_CODES.unexpected[0], process);

const io = processIo();
const code = await run(process.argv.slice(2), io);
// Nothing reads stdin any more. Pending output is still written before the process ends.
process.stdin.destroy();
process.exitCode = code;
// After a signal, the process does not wait for a pipe that nobody reads or a connection that does not close.
if (io.signal.aborted) endProcess(io.signal);
