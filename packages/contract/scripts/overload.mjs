#!/usr/bin/env node
/**
 * Requests more RSA-4096 signatures than the machine can compute. First measures the peak rate. Then requests 4 and 40
 * times as many signatures, and prints how many are computed and how fast the other requests are refused. The exit code
 * is 1 if one of these happens:
 * - The rate falls below 80 % of the peak.
 * - A refusal takes longer than 50 ms (99th percentile).
 * - A call fails with another code than RESOURCE_EXHAUSTED.
 * `--seconds N` sets the duration (default 10), `--json` prints JSON. Build first: `tsc -b packages/contract
 * packages/bench`. The server runs on a core of its own, as if the load came from another machine.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGrep11Client, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { latencyOf } from "grep11";
import { openSession, send } from "../../bench/dist/grpc-load.js";
import { wireCallsOf } from "../../bench/dist/wire-calls.js";
import { forkPinned } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    /** The address of the server. Only the process that makes the load has this option. */
    address: { type: "string" },
  },
});
const SECONDS = Math.min(Number(values.seconds), 120);
const CALLERS = ["alice", "bob", "carol", "dave"];
/** How many connections each caller opens. Each connection allows at most 100 concurrent calls. */
const CONNECTIONS = 4;
/** How many calls run at the same time when the peak rate is measured. This is enough to keep one core busy. */
const PEAK_CALLS = 4;
/** How many calls are made before the measurement, so that the server learns how long a signature takes. */
const WARM_UP = 50;
const TICK_MS = 5;
/** Calls may only end with these two values of grpc-status. */
const OK = "0";
const RESOURCE_EXHAUSTED = "8";
const LEAST_SHARE = 0.8;
const MOST_REFUSAL_MS = 50;

class Tally {
  #began = performance.now();
  #served = [];
  #refused = [];
  #others = new Map();

  async note(call) {
    const began = performance.now();
    const status = await call.catch((error) => error.code);
    if (status === OK) this.#served.push(performance.now() - began);
    else if (status === RESOURCE_EXHAUSTED) this.#refused.push(performance.now() - began);
    else this.#others.set(status, (this.#others.get(status) ?? 0) + 1);
  }

  report() {
    const seconds = (performance.now() - this.#began) / 1_000;
    const round = (ms) => Math.round(ms * 10) / 10;
    const asked = this.#served.length + this.#refused.length;
    return {
      askedPerSecond: Math.round(asked / seconds),
      perSecond: round(this.#served.length / seconds),
      servedP99Ms: round(latencyOf(this.#served).p99),
      refused: this.#refused.length,
      refusalP99Ms: round(latencyOf(this.#refused).p99),
      otherFailures: Array.from(this.#others, ([status, count]) => `${status}: ${count}`).join(", "),
    };
  }
}

if (values.address !== undefined) await serveLoad(values.address);
else await measure();

async function measure() {
  const server = forkPinned("server", new URL("../dist/authenticated-server.js", import.meta.url));
  const [{ address }] = await once(server, "message");
  const load = forkPinned("load", new URL(import.meta.url), ["--address", address, "--seconds", String(SECONDS)]);
  const ask = async (message) => {
    load.send(message);
    return (await once(load, "message"))[0];
  };
  const peak = await ask({ concurrency: PEAK_CALLS });
  const results = [{ times: "peak", ...peak }];
  for (const times of [4, 40]) results.push({ times, ...(await ask({ perSecond: times * peak.perSecond })) });
  load.disconnect();
  server.disconnect();
  if (values.json) console.log(JSON.stringify(results, undefined, 2));
  else console.table(results);
  const missed = results
    .slice(1)
    .some(
      ({ perSecond, refusalP99Ms, otherFailures }) =>
        perSecond < LEAST_SHARE * peak.perSecond || refusalP99Ms > MOST_REFUSAL_MS || otherFailures !== "",
    );
  if (missed) process.exitCode = 1;
}

/**
 * Makes the load that the parent process requests: a fixed number of concurrent calls, or a fixed number of new calls
 * per second.
 */
async function serveLoad(address) {
  const port = Number(address.split(":").at(-1));
  const senders = [];
  for (const auth of CALLERS) {
    const transport = createGrpcTransport({ address, auth });
    const { privKey } = await createGrep11Client(transport).generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: template({
        CKA_MODULUS_BITS: 4096,
        CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1),
        CKA_VERIFY: true,
      }),
      privKeyTemplate: template({ CKA_SIGN: true }),
    });
    transport.close();
    const request = { mech: { mechanism: ck.CKM_RSA_PKCS }, privKey, data: new Uint8Array(32) };
    const [call] = wireCallsOf([{ method: "signSingle", request }]);
    for (let connection = 0; connection < CONNECTIONS; connection++) {
      const session = await openSession({ port });
      senders.push((tally) => tally.note(send(session, call, `Bearer ${auth}`)));
    }
  }
  let turn = 0;
  const call = (tally) => senders[turn++ % senders.length](tally);
  for (let round = 0; round < WARM_UP; round++) await call(new Tally());
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ concurrency, perSecond }) => {
    const tally = new Tally();
    const until = performance.now() + SECONDS * 1_000;
    if (concurrency !== undefined) {
      const worker = async () => {
        while (performance.now() < until) await call(tally);
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    } else await begin(perSecond, until, () => call(tally));
    process.send(tally.report());
  });
}

/** Starts `perSecond` calls per second, even if earlier calls have not completed. */
async function begin(perSecond, until, call) {
  const began = performance.now();
  const calls = new Set();
  let count = 0;
  for (let now = began; now < until; now = performance.now()) {
    for (; count < ((now - began) / 1_000) * perSecond; count++) {
      const one = call().finally(() => calls.delete(one));
      calls.add(one);
    }
    await sleep(TICK_MS);
  }
  await Promise.all(calls);
}
