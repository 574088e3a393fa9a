/**
 * A server under callers that leave operations open, bomb it, or vanish: what its memory does, and what a well-behaved
 * client notices meanwhile. The test runs it small, scripts/soak.mjs at full size.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createGrep11Client, mechanism, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { garbage, gzipBomb, hugeTemplate, nestedGroups, nonCanonicalKeys, unknownRpc, vanishing } from "./hostile.ts";
import type { MemoryReport } from "./soak-server.ts";

/** How much of everything. */
export interface SoakSizes {
  /** Calls before the idle server is measured: V8 and malloc take what they keep in the first ten thousands. */
  readonly warmUp: number;
  /** Init calls whose operation is never finished. */
  readonly inits: number;
  /** What the gzip bomb would inflate to, in bytes. */
  readonly bombBytes: number;
  readonly nestedGroups: number;
  readonly templateBytes: number;
  readonly vanishing: number;
}

/** What came of one part of the soak. Memory in MiB above the idle server. */
export interface SoakResult {
  readonly name: string;
  readonly answer: string;
  readonly seconds: number;
  /** Resident memory afterwards, garbage collected. */
  readonly growthMib: number;
  /** The most that was resident meanwhile. */
  readonly peakMib: number;
  /** What another client saw meanwhile: calls it made, calls that failed, the longest one in milliseconds. */
  readonly bystander: { readonly calls: number; readonly errors: number; readonly worstMs: number };
}

const MIB = 1024 * 1024;
/** Calls in flight at a time. */
const LANES = 16;
const DATA = new Uint8Array(100);
/** Without a bound V8 lets its young generation grow by a hundred MiB, which is no leak but hides one. */
const SERVER_FLAGS = ["--expose-gc", "--max-semi-space-size=8"];

/** Runs every part in turn against one server in a process of its own. */
export async function runSoak(sizes: SoakSizes): Promise<SoakResult[]> {
  const server = fork(new URL("../dist/soak-server.js", import.meta.url), { execArgv: SERVER_FLAGS });
  const [{ address }] = (await once(server, "message")) as [{ readonly address: string }];
  const transport = createGrpcTransport({ address });
  const ep11 = createGrep11Client(transport, { retry: { attempts: 1 } });
  try {
    const key = await openOperations(ep11, sizes.warmUp).then((warm) => warm.key);
    const idle = (await memoryOf(server)).rss;
    const parts: [string, () => Promise<string>][] = [
      ["Init without Final", async () => `${(await openOperations(ep11, sizes.inits, key)).calls} states`],
      ["gzip bomb", () => gzipBomb(sizes.bombBytes)(address)],
      ["nested groups", () => nestedGroups(sizes.nestedGroups)(address)],
      ["huge template", () => hugeTemplate(sizes.templateBytes)(address)],
      ["non-canonical map keys", () => nonCanonicalKeys(address)],
      ["unknown RPC", () => unknownRpc(address)],
      ["garbage", () => garbage(address)],
      ["vanishing callers", () => vanishing(sizes.vanishing)(address)],
    ];
    const results: SoakResult[] = [];
    for (const [name, act] of parts) results.push(await runPart(server, address, idle, name, act));
    return results;
  } finally {
    transport.close();
    server.disconnect();
  }
}

async function runPart(
  server: ChildProcess,
  address: string,
  idle: number,
  name: string,
  act: () => Promise<string>,
): Promise<SoakResult> {
  await memoryOf(server);
  const bystander = new Bystander(address);
  const began = performance.now();
  const answer = await act();
  const seconds = (performance.now() - began) / 1000;
  const seen = await bystander.leave();
  const { rss, peakRss } = await memoryOf(server);
  const above = (bytes: number) => Math.round((10 * (bytes - idle)) / MIB) / 10;
  return {
    name,
    answer,
    seconds: Math.round(10 * seconds) / 10,
    growthMib: above(rss),
    peakMib: above(peakRss),
    bystander: seen,
  };
}

async function memoryOf(server: ChildProcess): Promise<MemoryReport> {
  const answer = once(server, "message");
  server.send("memory");
  return ((await answer) as [MemoryReport])[0];
}

/** Starts operations of all five kinds, and parts of some, and forgets them; answers the key it used. */
async function openOperations(
  ep11: ck.Ep11,
  calls: number,
  key?: Uint8Array,
): Promise<{ calls: number; key: Uint8Array }> {
  const own = key ?? (await generateKey(ep11));
  const cbc = mechanism.aesCbcPad(new Uint8Array(16));
  const hmac = mechanism.hmac("sha256");
  const begin = [
    () => ep11.digestInit({ mech: mechanism.digest("sha512") }),
    () => ep11.encryptInit({ mech: cbc, key: own }),
    () => ep11.decryptInit({ mech: cbc, key: own }),
    async () => ep11.signUpdate({ ...(await ep11.signInit({ mech: hmac, privKey: own })), data: DATA }),
    () => ep11.verifyInit({ mech: hmac, pubKey: own }),
  ];
  let next = 0;
  const lane = async () => {
    for (let call = next++; call < calls; call = next++) await begin[call % begin.length]!();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { calls, key: own };
}

async function generateKey(ep11: ck.Ep11): Promise<Uint8Array> {
  const asked = template({ CKA_VALUE_LEN: 32 });
  return (await ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: asked })).key.keyBlobs[0]!;
}

/** A client that works all the time and remembers how it went. */
class Bystander {
  readonly #transport: ReturnType<typeof createGrpcTransport>;
  readonly #working: Promise<void>;
  readonly #seen = { calls: 0, errors: 0, worstMs: 0 };
  #leaving = false;

  constructor(address: string) {
    this.#transport = createGrpcTransport({ address });
    this.#working = this.#work(createGrep11Client(this.#transport, { retry: { attempts: 1 } }));
  }

  async leave(): Promise<SoakResult["bystander"]> {
    this.#leaving = true;
    await this.#working;
    this.#transport.close();
    return { ...this.#seen, worstMs: Math.round(this.#seen.worstMs) };
  }

  async #work(ep11: ck.Ep11): Promise<void> {
    do {
      const began = performance.now();
      try {
        await ep11.digestSingle({ mech: mechanism.digest("sha256"), data: DATA });
      } catch {
        this.#seen.errors += 1;
      }
      this.#seen.calls += 1;
      this.#seen.worstMs = Math.max(this.#seen.worstMs, performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2));
    } while (!this.#leaving);
  }
}
