#!/usr/bin/env node
/**
 * Waves of 90 calls of an authenticated client that exceed their deadline. Exit code 1 if that client loses its connection, a
 * call of another client fails, or that client's p99 is over 500 ms. `--seconds N` (10), `--json`. Build first: `tsc -b
 * packages/contract`.
 */
import { reportLoad } from "./report-load.mjs";

await reportLoad("deadlines", ({ disconnects }) => disconnects > 0);
