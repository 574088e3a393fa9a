#!/usr/bin/env node
/**
 * Measures the effect of an authenticated client that makes waves of 90 calls, all of which exceed their deadline. The exit code
 * is 1 if that client loses its connection, or if a call of another client fails, or if the p99 of that other client is over 500
 * ms. `--seconds N` sets the duration (default 10), `--json` prints JSON. Build first: `tsc -b packages/contract`.
 */
import { reportLoad } from "./report-load.mjs";

await reportLoad("deadlines", ({ disconnects }) => disconnects > 0);
