#!/usr/bin/env node
/**
 * Rapid reset (CVE-2023-44487) by an unauthenticated client that reconnects 2.5 times a second and starts and resets 1,200 calls
 * each time. Measures another client, and clients that connect during the flood from the same address. Exit code 1 if the other
 * client's p99 is over 500 ms or one of its calls fails. `--seconds N` (10), `--json`. Build first: `tsc -b packages/contract`.
 */
import { reportLoad } from "./report-load.mjs";

await reportLoad("flood");
