/**
 * Attacks a server with clients that abandon operations, send compression bombs or disconnect. Measures the server's memory, and
 * the effect on a well-behaved client. A test makes the attacks at small scale, and scripts/soak.mjs at full scale.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createGrep11Client, mechanism, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import * as hostile from "./hostile.ts";
import type { MemoryReport } from "./soak-server.ts";

/** The scale of each part of the attack. */
export interface SoakSizes {
  /**
   * How many calls are made before the memory of the idle server is measured. During the first tens of thousands of calls, V8 and
   * malloc allocate memory that they keep.
   */
  readonly warmUp: number;
  /** How many Init calls are made whose operations are never finished. */
  readonly inits: number;
  /** The size of the gzip bomb after decompression, in bytes. */
  readonly bombBytes: number;
  readonly nestedGroups: number;
  readonly templateBytes: number;
  readonly disconnecting: number;
}

/** The result of one part. Memory is in MiB, and is compared with that of the idle server. */
export interface SoakResult {
  readonly name: string;
  readonly response: string;
  readonly seconds: number;
  /** How much the resident memory has grown after the part and a garbage collection. */
  readonly growthMib: number;
  /** How much the resident memory grew at most during the part. */
  readonly peakMib: number;
  /**
   * The calls that another client made during the part: how many there were, how many of them failed, and how many
   * milliseconds the slowest took.
   */
  readonly bystander: { readonly calls: number; readonly errors: number; readonly worstMs: number };
}

const MIB = 1024 * 1024;
/** How many calls run at the same time. */
const CONCURRENCY = 16;
const DATA = new Uint8Array(100);
/**
 * Node options of the server. Without a limit, V8 grows the memory for new objects by a hundred MiB, which would hide a leak.
 */
const SERVER_FLAGS = ["--expose-gc", "--max-semi-space-size=8"];

/** Runs all parts in turn against one server, which runs in its own process. */
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
      ["gzip bomb", () => hostile.gzipBomb(sizes.bombBytes)(address)],
      ["nested groups", () => hostile.nestedGroups(sizes.nestedGroups)(address)],
      ["huge template", () => hostile.hugeTemplate(sizes.templateBytes)(address)],
      ["non-canonical map keys", () => hostile.nonCanonicalKeys(address)],
      ["unknown RPC", () => hostile.unknownRpc(address)],
      ["garbage", () => hostile.garbage(address)],
      ["disconnecting callers", () => hostile.disconnecting(sizes.disconnecting)(address)],
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
  const response = await act();
  const seconds = (performance.now() - began) / 1000;
  const result = await bystander.stop();
  const { rss, peakRss } = await memoryOf(server);
  const above = (bytes: number) => Math.round((10 * (bytes - idle)) / MIB) / 10;
  return {
    name,
    response,
    seconds: Math.round(10 * seconds) / 10,
    growthMib: above(rss),
    peakMib: above(peakRss),
    bystander: result,
  };
}

async function memoryOf(server: ChildProcess): Promise<MemoryReport> {
  const response = once(server, "message");
  server.send("memory");
  return ((await response) as [MemoryReport])[0];
}

/** Starts operations of all five kinds without finishing them. Returns the key that they use. */
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
  const worker = async () => {
    for (let call = next++; call < calls; call = next++) await begin[call % begin.length]!();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return { calls, key: own };
}

async function generateKey(ep11: ck.Ep11): Promise<Uint8Array> {
  const requested = template({ CKA_VALUE_LEN: 32 });
  return (await ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: requested })).key.keyBlobs[0]!;
}

/** A client that makes calls continuously and records the results. */
class Bystander {
  readonly #transport: ReturnType<typeof createGrpcTransport>;
  readonly #working: Promise<void>;
  readonly #result = { calls: 0, errors: 0, worstMs: 0 };
  #stopping = false;

  constructor(address: string) {
    this.#transport = createGrpcTransport({ address });
    this.#working = this.#work(createGrep11Client(this.#transport, { retry: { attempts: 1 } }));
  }

  async stop(): Promise<SoakResult["bystander"]> {
    this.#stopping = true;
    await this.#working;
    this.#transport.close();
    return { ...this.#result, worstMs: Math.round(this.#result.worstMs) };
  }

  async #work(ep11: ck.Ep11): Promise<void> {
    do {
      const began = performance.now();
      try {
        await ep11.digestSingle({ mech: mechanism.digest("sha256"), data: DATA });
      } catch {
        this.#result.errors += 1;
      }
      this.#result.calls += 1;
      this.#result.worstMs = Math.max(this.#result.worstMs, performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2));
    } while (!this.#stopping);
  }
}
