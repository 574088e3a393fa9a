#!/usr/bin/env node
/**
 * Measures the effect of a client whose calls all exceed their deadline. The client is authenticated and makes 90 calls
 * at a time. The exit code is 1 if that client loses its connection, if a call of another client fails, or if the other
 * client's 99th percentile is over 500 ms. `--seconds N` sets the duration (default 10), `--json` prints JSON. Build
 * first: `tsc -b packages/contract`.
 */
import { reportLoad } from "./report-load.mjs";

await reportLoad("deadlines", ({ disconnects }) => disconnects > 0);
