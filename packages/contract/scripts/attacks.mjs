#!/usr/bin/env node
/**
 * Attacks the HTTP/2 layer of a server while an honest client makes about 20 small calls a second over its own
 * connection. Each attack runs against a new server, once without credentials and once as an authenticated principal.
 * The floods also run over TLS. At the end, servers are shut down during attacks.
 * The exit code is 1 if one of these happens:
 * - A call of the honest client fails, or the 99th percentile of its calls is over 500 ms.
 * - The server's memory grows by more than 64 MiB, which is the limit for requests and responses together.
 * - A shutdown takes 250 ms longer than its grace period.
 * - An exception in the server is not caught.
 * Options:
 * - `--seconds N` sets how long each attack takes (default 3).
 * - `--only TEXT` selects the attacks whose names contain TEXT.
 * - `--http2 node` attacks a server on node:http2 instead.
 * - `--json` prints JSON.
 * Build first: `tsc -b packages/contract`. Server and attacker run on different cores. The attacker uses the addresses
 * 127.0.0.2 to 127.0.0.31, which only Linux has without configuration.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGrep11Client, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { latencyOf } from "grep11";
import { createAuthority, issueCertificate } from "../../certificates/dist/index.js";
import { ATTACKS, ATTACKS_OVER_TLS, forkPinned } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    http2: { type: "string", default: "own" },
    json: { type: "boolean", default: false },
  },
});
const SECONDS = Math.min(Number(values.seconds), 120);
const WARM_UP_MS = 1_500;
const WARM_UP_CALLS = 64;
const PAUSE_MS = 50;
const GRACE_MS = 1_000;
const MOST_P99_MS = 500;
const MOST_GROWTH_MIB = 64;
const MOST_BEYOND_GRACE_MS = 250;
const MIB = 1024 * 1024;

const certificate = await issueCertificate(await createAuthority("attacks"), {
  subject: "server",
  names: ["127.0.0.1"],
});
const plans = Object.keys(ATTACKS).flatMap((name) => [
  { name, token: undefined, security: "plaintext" },
  { name, token: "bob", security: "plaintext" },
  ...(ATTACKS_OVER_TLS.includes(name) ? [{ name, token: "bob", security: "tls" }] : []),
]);
const shutdowns = ["rapid reset", "slow readers, no window", "slow readers, large window", "slow bodies"].map(
  (name) => ({
    name,
    token: "bob",
    security: "plaintext",
    isShutdown: true,
  }),
);
const results = [];
for (const plan of [...plans, ...shutdowns]) {
  if (plan.name.includes(values.only)) results.push(await run(plan));
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
else console.table(results);
if (results.some(({ holds }) => !holds)) process.exitCode = 1;

/** Runs one attack and returns its results as one row of the printed table. */
async function run({ name, token, security, isShutdown = false }) {
  const server = forkPinned(
    "server",
    new URL("../dist/attacks/attacked-server.js", import.meta.url),
    [],
    ["--expose-gc"],
  );
  const ask = async (message) => {
    server.send(message);
    return (await once(server, "message"))[0];
  };
  const ports = await ask({ ...certificate, http2: values.http2 });
  const honest = await startHonestClient(ports.plaintext);
  await honest.warmUp();
  const idle = await ask({ report: true });
  honest.reset();
  const args = [name, ports[security], SECONDS, security, ...(token === undefined ? [] : [token])].map(String);
  const attacker = forkPinned("load", new URL("../dist/attacks/attacker-process.js", import.meta.url), args);
  const died = once(attacker, "exit").then(() => Promise.reject(new Error("the attacker ended early")));
  const attacked = Promise.race([once(attacker, "message"), died]);
  let beyondGraceMs;
  if (isShutdown) {
    await sleep((SECONDS * 1_000) / 2);
    await honest.stop();
    ({ beyondGraceMs } = await ask({ close: GRACE_MS }));
  }
  const [outcome] = await attacked;
  attacker.disconnect();
  await honest.stop();
  const report = await ask({ report: true });
  server.disconnect();
  const growth = (report.peakRss - idle.rss) / MIB;
  const { calls, failed, p99 } = honest.stats();
  const row = {
    attack: `${name}${isShutdown ? ", shutdown" : ""}`,
    as: `${token ?? "nobody"}${security === "tls" ? ", TLS" : ""}`,
    calls,
    failed,
    p99Ms: Math.round(p99),
    growthMiB: Math.round(growth),
    blockedMs: Math.round(report.blockedMs),
    connections: outcome.connections,
    ends: textOf(outcome.ends),
    resets: textOf(outcome.resets),
    faults: report.faults,
    ...(isShutdown ? { beyondGraceMs: Math.round(beyondGraceMs) } : {}),
  };
  row.holds =
    failed === 0 &&
    calls > 0 &&
    p99 <= MOST_P99_MS &&
    growth <= MOST_GROWTH_MIB &&
    report.faults === 0 &&
    (beyondGraceMs ?? 0) <= MOST_BEYOND_GRACE_MS;
  if (!values.json) console.error(`${row.holds ? "holds" : "FAILS"}  ${row.attack}, ${row.as}`);
  return row;
}

/** Starts a client that makes a small call every 50 ms, even if earlier calls have not completed. */
async function startHonestClient(port) {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}`, auth: "alice" });
  const client = createGrep11Client(transport, { retry: { attempts: 1 } });
  const { key } = await client.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true }),
  });
  const request = { mech: { mechanism: ck.CKM_AES_ECB }, key, plain: new Uint8Array(64) };
  const pending = new Set();
  let times = [];
  let failed = 0;
  const timer = setInterval(() => {
    const began = performance.now();
    const call = client
      .encryptSingle(request, { timeoutMs: 5_000 })
      .catch((error) => {
        failed += 1;
        console.error(String(error));
      })
      .finally(() => {
        times.push(performance.now() - began);
        pending.delete(call);
      });
    pending.add(call);
  }, PAUSE_MS);
  return {
    /** Makes many calls at once, so that the server compiles its code and V8 enlarges the memory for new objects. */
    async warmUp() {
      const until = performance.now() + WARM_UP_MS;
      const worker = async () => {
        while (performance.now() < until) await client.encryptSingle(request);
      };
      await Promise.all(Array.from({ length: WARM_UP_CALLS }, worker));
    },
    reset() {
      times = [];
      failed = 0;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      transport.close();
    },
    stats: () => ({ calls: times.length, failed, p99: latencyOf(times).p99 }),
  };
}

/** Returns the counts as text, beginning with the largest. */
function textOf(counts) {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name}: ${count}`)
    .join(", ");
}
