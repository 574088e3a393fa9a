#!/usr/bin/env node
/**
 * Rapid reset by somebody without a credential, who connects anew 2.5 times a second and begins and resets 1,200 calls each time
 * (CVE-2023-44487). What another client notices, and clients that connect anew from the same address. Exit code 1 when the other
 * client's p99 is over 500 ms, or one of its calls fails. `--seconds N` (10), `--json`. Build first: `tsc -b packages/contract`.
 */
import { parseArgs } from "node:util";
import { runLoad } from "../dist/index.js";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "10" }, json: { type: "boolean", default: false } },
});
const result = await runLoad("flood", Math.min(Number(values.seconds), 120));
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
if (result.during.p99 > 500 || result.during.errors > 0) process.exitCode = 1;
