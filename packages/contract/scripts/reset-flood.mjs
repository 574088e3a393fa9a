#!/usr/bin/env node
/**
 * Measures the effect of a rapid reset attack (CVE-2023-44487) on another client, and on clients that connect from the
 * attacker's address. The attacker is unauthenticated, reconnects 2.5 times a second, and starts and resets 1,200 calls
 * each time. The exit code is 1 if the other client's 99th percentile is over 500 ms or one of its calls fails.
 * `--seconds N` sets the duration (default 10), `--json` prints JSON. Build first: `tsc -b packages/contract`.
 */
import { reportLoad } from "./report-load.mjs";

await reportLoad("flood");
