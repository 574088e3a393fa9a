#!/usr/bin/env node
/**
 * More RSA-4096 signatures are asked for than the machine can make. Prints how many are made at most, and how many are made
 * and how fast the rest is refused when 4 and 40 times as many are asked for. Exits 1 if less than 80 % of the most are made,
 * a refusal takes longer than 50 ms (99th percentile) or carries no advice to try again, or a call fails in another way.
 * `--seconds N` (10), `--json`. Build first: `tsc -b packages/contract`.
 *
 * The server has a core of its own, as if the load came from another machine.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGrep11Client, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { latencyOf } from "grep11";
import { forkPinned } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    /** Of the process that makes the load. */
    address: { type: "string" },
  },
});
const SECONDS = Math.min(Number(values.seconds), 120);
const CALLERS = ["alice", "bob", "carol", "dave"];
/** Connections of each caller, with 100 calls under way on each at most. */
const CONNECTIONS = 4;
/** Calls under way when the most signatures are made: enough to keep one core busy. */
const PEAK_CALLS = 4;
const TICK_MS = 5;
const LEAST_SHARE = 0.8;
const MOST_REFUSAL_MS = 50;

class Tally {
  #began = performance.now();
  #served = [];
  #refused = [];
  #others = new Map();

  async note(call) {
    const began = performance.now();
    try {
      await call;
      this.#served.push(performance.now() - began);
    } catch (error) {
      if (error.rv === ck.CKR_DEVICE_MEMORY && error.retry) this.#refused.push(performance.now() - began);
      else this.#others.set(error.code, (this.#others.get(error.code) ?? 0) + 1);
    }
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
      otherFailures: Array.from(this.#others, ([code, count]) => `${code} ${count}`).join(", "),
    };
  }
}

if (values.address !== undefined) await serveLoad(values.address);
else await measure();

async function measure() {
  const server = forkPinned("server", new URL("../dist/guarded-server.js", import.meta.url));
  const [{ address }] = await once(server, "message");
  const load = forkPinned("load", new URL(import.meta.url), ["--address", address, "--seconds", String(SECONDS)]);
  const ask = async (message) => {
    load.send(message);
    return (await once(load, "message"))[0];
  };
  const peak = await ask({ underWay: PEAK_CALLS });
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

/** Runs what it is asked for: so many calls under way at once, or so many begun a second. */
async function serveLoad(address) {
  const clients = [];
  for (const auth of CALLERS) {
    const hsm = createGrep11Client(createGrpcTransport({ address, auth, connections: CONNECTIONS }), {
      retry: { attempts: 1 },
    });
    const { privKey } = await hsm.generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: template({
        CKA_MODULUS_BITS: 4096,
        CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1),
        CKA_VERIFY: true,
      }),
      privKeyTemplate: template({ CKA_SIGN: true }),
    });
    const request = { mech: { mechanism: ck.CKM_RSA_PKCS }, privKey, data: new Uint8Array(32) };
    clients.push((tally) => tally.note(hsm.signSingle(request)));
  }
  let turn = 0;
  const call = (tally) => clients[turn++ % clients.length](tally);
  await Promise.all(Array.from({ length: 8 }, () => call(new Tally())));
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ underWay, perSecond }) => {
    const tally = new Tally();
    const until = performance.now() + SECONDS * 1_000;
    if (underWay !== undefined) {
      const lane = async () => {
        while (performance.now() < until) await call(tally);
      };
      await Promise.all(Array.from({ length: underWay }, lane));
    } else await begin(perSecond, until, () => call(tally));
    process.send(tally.report());
  });
}

/** Begins `perSecond` calls a second, whatever becomes of them. */
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
