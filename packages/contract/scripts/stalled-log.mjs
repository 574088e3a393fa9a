#!/usr/bin/env node
/**
 * Measures what happens when unauthenticated calls fill the server's log while nobody reads the log, or while its disk
 * is full: `node packages/contract/scripts/stalled-log.mjs [--seconds N] [--json]`. It runs only on Linux.
 * Prints the calls per second of another client before and during the attack, and the latency of its calls. Also prints
 * how long the server takes to stop after SIGTERM.
 * The exit code is 1 if one of these happens:
 * - A call of the other client fails, or the 99th percentile of its calls exceeds 500 ms.
 * - The server does not stop within 15 s.
 * Build first: `npm run build`.
 */
import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { measureCalls } from "../dist/index.js";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
    /** The address of the server, and the file with its CA certificate. Only the attacker's process has this option. */
    attack: { type: "string", multiple: true },
  },
});
const SECONDS = Number(options.seconds);
const MOST_P99_MS = 500;
const MOST_STOP_MS = 15_000;
const ATTACKERS = 8;
const SERVER = fileURLToPath(new URL("../../../apps/server/bundle/main.js", import.meta.url));

if (options.attack !== undefined) await attack(...options.attack);
else await measureAll();

async function measureAll() {
  const results = [];
  for (const [log, open] of Object.entries({ read: undefined, stalled: openStalledPipe, full: openFullDevice })) {
    results.push({ log, ...(await measure(open)) });
  }
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  else console.table(results);
  const missed = ({ failed, p99Ms, stopMs }) => failed > 0 || p99Ms > MOST_P99_MS || !(stopMs <= MOST_STOP_MS);
  if (results.some(missed)) process.exitCode = 1;
}

/**
 * Runs a server and measures another client before and during the attack. The server logs to the file descriptor that
 * `open` returns, or to a log file if `open` is undefined.
 */
async function measure(open) {
  const directory = mkdtempSync(join(tmpdir(), "grep11-stalled-log-"));
  const stderr = open?.(directory) ?? openSync(join(directory, "log"), "w");
  const ready = join(directory, "ready.json");
  const ports = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
  const args = [SERVER, "--dev", "--data-dir", join(directory, "data"), ...ports, "--ready-file", ready];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "ignore", stderr] });
  try {
    const { grpc, tls, ca } = await readyReport(ready);
    // The client connects before the attack, because during the attack new connections from this address have to wait.
    const transport = createGrpcTransport({ address: grpc });
    const hsm = createGrep11Client(transport);
    const watch = () => measureCalls(() => hsm.generateRandom({ len: 32 }, { timeoutMs: 5_000 }), SECONDS);
    const before = await watch();
    const attacker = fork(fileURLToPath(import.meta.url), ["--attack", tls, "--attack", ca]);
    await once(attacker, "message");
    const during = await watch();
    transport.close();
    const refused = await new Promise((resolve) => {
      attacker.once("message", resolve);
      attacker.send("stop");
    });
    const began = performance.now();
    server.kill("SIGTERM");
    await Promise.race([once(server, "exit"), sleep(MOST_STOP_MS + 1_000, undefined, { ref: false })]);
    const stopMs = server.exitCode === 0 ? Math.round(performance.now() - began) : Number.POSITIVE_INFINITY;
    const [beforePerS, perS] = [before, during].map(({ perSecond }) => Math.round(perSecond));
    const [p50Ms, p99Ms] = [during.p50, during.p99].map(round);
    return { refused, failed: before.failed + during.failed, beforePerS, perS, p50Ms, p99Ms, stopMs };
  } finally {
    server.kill("SIGKILL");
    closeSync(stderr);
    rmSync(directory, { recursive: true });
  }
}

async function readyReport(file) {
  for (let tries = 0; tries < 500; tries++) {
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch {
      await sleep(20);
    }
  }
  throw new Error("the server did not start within 10 s");
}

function round(ms) {
  return Math.round(ms * 10) / 10;
}

/** Makes calls without a token until the parent sends a message. Then it reports how many calls it made. */
async function attack(address, ca) {
  const transport = createGrpcTransport({ address, tls: { ca: readFileSync(ca) } });
  const hsm = createGrep11Client(transport);
  let calls = 0;
  let stopped = false;
  process.on("message", () => {
    stopped = true;
  });
  const attackers = Array.from({ length: ATTACKERS }, async () => {
    while (!stopped) {
      await hsm.generateRandom({ len: 8 }, { timeoutMs: 2_000 }).catch(() => undefined);
      calls += 1;
      if (calls === 1_000) process.send("under way");
    }
  });
  // Reports after five seconds even if fewer calls were made, because the parent would otherwise wait for a server that
  // does not respond.
  void sleep(5_000, undefined, { ref: false }).then(() => calls < 1_000 && process.send("under way"));
  await Promise.all(attackers);
  process.send(calls);
  process.disconnect();
}

function openStalledPipe(directory) {
  const fifo = join(directory, "fifo");
  execFileSync("mkfifo", [fifo]);
  return openSync(fifo, constants.O_RDWR);
}

function openFullDevice() {
  return openSync("/dev/full", "w");
}
