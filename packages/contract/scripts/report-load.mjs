/**
 * Runs one of the loads of load-effect.ts and prints its effect on another client. `--seconds N` sets the duration (default 10),
 * `--json` prints JSON.
 */
import { parseArgs } from "node:util";
import { runLoad } from "../dist/index.js";

const MOST_P99_MS = 500;

/**
 * Measures and prints the effect of the load. The exit code is 1 if the other client's 99th percentile is over 500 ms,
 * one of its calls fails, or `isMissed` returns true.
 */
export async function reportLoad(kind, isMissed = () => false) {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "10" }, json: { type: "boolean", default: false } },
  });
  const result = await runLoad(kind, Math.min(Number(values.seconds), 120));
  const { during, newConnections, disconnects } = result;
  if (values.json) console.log(JSON.stringify(result, undefined, 2));
  else {
    for (const name of ["before", "during"]) {
      const { perSecond, p50, p99, failed } = result[name];
      const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
      console.log(`${name.padEnd(8)}${Math.round(perSecond)} calls/s, ${times}, ${failed} failed`);
    }
    console.log(
      `new connections: ${newConnections.served} of ${newConnections.connected} served; connections lost ${disconnects}`,
    );
  }
  if (during.p99 > MOST_P99_MS || during.failed > 0 || isMissed(result)) process.exitCode = 1;
}
