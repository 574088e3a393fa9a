#!/usr/bin/env -S node --max-semi-space-size=8 --disable-sigusr1
/**
 * Starts grep11-server. The first line limits the young generation of the heap, because calls allocate many short-lived objects.
 * The process then needs a third less memory under load, and its longest pauses are shorter.
 */
import module from "node:module";
import { fileURLToPath } from "node:url";
import { ignoreDebugSignal } from "./debugging.ts";

const NODE = 24;

if (Number.parseInt(process.versions.node, 10) < NODE) {
  process.stderr.write(`grep11-server: needs Node ${NODE} or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
ignoreDebugSignal(["--max-semi-space-size=8"]);
// Compiled code is cached next to the program, because other users could put code of their own into a shared folder.
module.enableCompileCache(fileURLToPath(new URL("../.compile-cache", import.meta.url)));
// These modules are imported only after the version check, because they need functions that an older Node lacks.
const { endWithOutput } = await import("@grep11/command-line");
const { EXIT, run } = await import("./program.ts");

endWithOutput("grep11-server", EXIT.failed[0], process);

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
