#!/usr/bin/env -S node --max-semi-space-size=8 --disable-sigusr1
/**
 * Entry point of grep11-server. Calls allocate many short-lived objects; a small young generation makes the process a
 * third smaller under load and shortens the longest pauses.
 */
import { ignoreDebugSignal } from "./debugging.ts";

const NODE = 24;

if (Number.parseInt(process.versions.node, 10) < NODE) {
  process.stderr.write(`grep11-server: needs Node ${NODE} or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
ignoreDebugSignal(["--max-semi-space-size=8"]);
// Imported after the version check: an older Node lacks modules that the engine imports.
const { endWithOutput } = await import("@grep11/command-line");
const { EXIT, run } = await import("./program.ts");

endWithOutput("grep11-server", EXIT.failed[0], process);

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
