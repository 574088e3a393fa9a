#!/usr/bin/env node
/**
 * Measures how long an RSA-4096 signature takes for one caller. It is measured without load, and while another caller
 * constantly has 48 AES key wraps of 2 MB running. The exit code is 1 if the load makes the 99th percentile more than
 * three times as long, or if a signature fails. `--seconds N` sets the duration (default 10), `--json` prints JSON.
 * Build first: `tsc -b packages/contract`.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { createGrep11Client, mechanism, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { measureCalls } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    /** The address of the server. The script sets this option for its child process, which causes the load. */
    address: { type: "string" },
  },
});
const SECONDS = Math.min(Number(values.seconds), 120);
const IN_FLIGHT = 48;
const BYTES = 2_000_000;
const MOST = 3;
/** The measurement begins after this many wraps have completed. By then, all 48 have reached the server. */
const SETTLED = 8;

if (values.address !== undefined) await keepWrapping(values.address);
else await compare();

async function compare() {
  const server = fork(new URL("../dist/authenticated-server.js", import.meta.url));
  const [{ address }] = await once(server, "message");
  const transport = createGrpcTransport({ address, auth: "bob" });
  const hsm = createGrep11Client(transport);
  const { privKey } = await hsm.generateKeyPair({
    mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: template({ CKA_MODULUS_BITS: 4096, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1), CKA_VERIFY: true }),
    privKeyTemplate: template({ CKA_SIGN: true }),
  });
  const request = { mech: { mechanism: ck.CKM_RSA_PKCS }, privKey, data: new Uint8Array(32) };
  const sign = () => hsm.signSingle(request);
  await measureCalls(sign, 1);
  const alone = await measureCalls(sign, SECONDS);
  const load = fork(new URL(import.meta.url), ["--address", address]);
  await once(load, "message");
  const beside = await measureCalls(sign, SECONDS);
  load.send("report");
  const [wraps] = await once(load, "message");
  load.disconnect();
  transport.close();
  server.disconnect();
  const ratio = beside.p99 / alone.p99;
  if (values.json) console.log(JSON.stringify({ alone, beside, ratio, wraps }, undefined, 2));
  else {
    for (const [name, { p50, p99, calls, failed }] of Object.entries({ alone, beside })) {
      const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
      console.log(`${name.padEnd(8)}${calls} signatures, ${times}, ${failed} failed`);
    }
    console.log(`p99 is ${ratio.toFixed(1)} times that without load; wraps: ${JSON.stringify(wraps)}`);
  }
  if (ratio > MOST || beside.failed > 0) process.exitCode = 1;
}

async function keepWrapping(address) {
  const transport = createGrpcTransport({ address, auth: "alice", connections: 4 });
  const hsm = createGrep11Client(transport, { retry: { attempts: 1 } });
  const { key } = await hsm.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true }),
  });
  const plain = new Uint8Array(BYTES);
  const wraps = { done: 0, refused: 0, failed: 0 };
  let stopped = false;
  process.on("message", () => {
    stopped = true;
    process.send(wraps);
  });
  process.on("disconnect", () => process.exit());
  const wrap = async () => {
    while (!stopped) {
      await hsm.encryptSingle({ mech: mechanism.aesKeyWrapPadded(), key, plain }).then(
        () => wraps.done++,
        (error) => (error.retry ? wraps.refused++ : wraps.failed++),
      );
      if (wraps.done === SETTLED) process.send("under way");
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, wrap));
}
