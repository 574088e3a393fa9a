#!/usr/bin/env node
/**
 * Waves of 90 calls of an admitted client that pass their deadline, one after the other. Exit code 1 when that client loses its
 * connection, when a call of another client fails, or its p99 is over 500 ms. `--seconds N` (10), `--json`. Build first:
 * `tsc -b packages/contract`.
 */
import { parseArgs } from "node:util";
import { runLoad } from "../dist/index.js";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "10" }, json: { type: "boolean", default: false } },
});
const result = await runLoad("deadlines", Math.min(Number(values.seconds), 120));
if (values.json) console.log(JSON.stringify(result, undefined, 2));
else {
  for (const name of ["before", "during"]) {
    const { callsPerSecond, p50, p99, errors } = result[name];
    console.log(
      `${name.padEnd(8)}${Math.round(callsPerSecond)} calls/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${errors} failed`,
    );
  }
  console.log(
    `newcomers ${result.newcomers.served} of ${result.newcomers.came} served; connections lost ${result.cuts}`,
  );
}
if (result.cuts > 0 || result.during.p99 > 500 || result.during.errors > 0) process.exitCode = 1;
