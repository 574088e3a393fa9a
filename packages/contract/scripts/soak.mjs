#!/usr/bin/env node
/**
 * Runs the soak test at full scale: 200,000 Init calls without Final, a 400 MiB gzip bomb, 200,000 nested Protobuf
 * groups, a 4 MiB template, and 500 callers that disconnect. Prints the results as JSON. The exit code is 1 if memory
 * grew by more than 64 MiB or a call of another client failed. Build first: `tsc -b packages/contract`.
 */
import { runSoak } from "../dist/index.js";

const MIB = 1024 * 1024;
const results = await runSoak({
  warmUp: 40_000,
  inits: 200_000,
  bombBytes: 400 * MIB,
  nestedGroups: 200_000,
  templateBytes: 4 * MIB - 16,
  disconnecting: 500,
});
console.log(JSON.stringify(results, undefined, 2));
const worst = Math.max(...results.map(({ peakMib }) => peakMib));
const errors = results.reduce((sum, { bystander }) => sum + bystander.errors, 0);
if (worst > 64 || errors > 0) process.exitCode = 1;
