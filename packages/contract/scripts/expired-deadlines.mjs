#!/usr/bin/env node
/**
 * Waves of 90 calls of an admitted client that pass their deadline, one after the other. Exit code 1 when that client loses its
 * connection, when a call of another client fails, or its p99 is over 500 ms. `--seconds N` (10), `--json`. Build first:
 * `tsc -b packages/contract`.
 */
import { reportLoad } from "./report-load.mjs";

await reportLoad("deadlines", ({ cuts }) => cuts > 0);
