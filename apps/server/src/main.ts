#!/usr/bin/env -S node --max-semi-space-size=8 --disable-sigusr1
/**
 * Entry point of grep11-server. Limits the young generation of the heap: calls allocate many short-lived objects, and with a
 * small young generation the process needs a third less memory under load and its longest pauses are shorter.
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
// Only who may change the program can write to this folder; in a shared one, others could plant compiled code.
module.enableCompileCache(fileURLToPath(new URL("../.compile-cache", import.meta.url)));
// Imported only after the version check, because an older Node lacks modules that the engine imports.
const { endWithOutput } = await import("@grep11/command-line");
const { EXIT, run } = await import("./program.ts");

endWithOutput("grep11-server", EXIT.failed[0], process);

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
