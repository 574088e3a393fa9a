/** Provides invented results of a run for the tests of reports and verdicts. */
import { WORKLOADS } from "grep11";
import type { CallRow, Figures, MatrixRow, Results, Sections } from "../results.ts";
import { spreadOf } from "../statistics.ts";

const one = (value: number) => spreadOf([value]);

/** Returns figures in which a call takes `cpu` microseconds of processor time. */
export function figures(cpu: number): Figures {
  return { cpu: one(cpu), callsPerSecond: one(1e6 / cpu), p50Ms: one(3), p99Ms: one(9), clientLoad: one(0.5) };
}

/** Returns a row of the section `calls`. It has 16 calls in flight if `id` says so. */
export function callRow(id: string, cpu: number): CallRow {
  return { id, title: id, bytes: 1024, inFlight: id.endsWith("-16") ? 16 : 1, connections: 1, figures: figures(cpu) };
}

function matrixRow({ name, title }: { name: string; title: string }): MatrixRow {
  return {
    name,
    title,
    concurrency: 64,
    own: figures(20),
    layer: figures(15),
    engine: one(8),
    primitive: one(5),
  };
}

/** Sections that meet every target. Only P9 is not complete, because some HSMs are not measured. */
export const GOOD: Sections = {
  calls: Object.entries({
    own: 20,
    floor: 50,
    grpcJs: 60,
    grpcGo: 21,
    web: 25,
    connect: 25,
    json: 70,
    "own-1": 27,
    "own-16": 20,
    large: 2000,
    "large-json": 9000,
  }).map(([id, cpu]) => callRow(id, cpu)),
  matrix: WORKLOADS.map(matrixRow),
  signing: [
    { key: "P-256", operation: "sign", engine: one(26), yardstick: one(25), library: "OpenSSL" },
    { key: "secp256k1", operation: "sign", engine: one(25), yardstick: one(22), library: "libsecp256k1" },
    { key: "RSA-2048", operation: "sign", engine: one(260), yardstick: one(250), library: "OpenSSL" },
  ],
  engine: {
    seenKey: one(3),
    newKey: one(18),
    cipher: one(1.5),
    keyImport: one(1),
    keyPair: one(70),
    multiplication: one(13),
    unwrap: one(14),
    multiPart: [{ title: "Sign", single: one(20), split: one(35), update: one(12), primitive: one(2) }],
  },
  parts: [
    {
      operation: "EncryptUpdate",
      server: one(2500),
      collections: 0.01,
      engine: one(1500),
      primitive: one(1400),
      early: 1500,
      late: 1510,
      firstState: 282,
      lastState: 282,
    },
  ],
  client: { own: one(20), node: one(60), connect: one(200), parallel: { calls: 200, failed: 0 } },
  tailLatency: [
    { title: "idle", p99Ms: one(0.5), done: one(0), refused: one(0) },
    { title: "key pairs", p99Ms: one(1.4), done: one(12), refused: one(3) },
  ],
  peers: {
    rows: [
      { title: "x", inFlight: 1, own: figures(60), peers: { SoftHSM2: figures(30) } },
      { title: "x", inFlight: 16, own: figures(20), peers: { SoftHSM2: figures(30) } },
    ],
    missing: ["Kryoptic is not installed"],
  },
  start: { nodeMs: one(40), serverMs: one(200), cliMs: one(100), idleMiB: 90, loadedMiB: [140, 145, 142, 144] },
  processes: [
    { title: "cheap", one: one(3000), two: one(4800), clientLoad: 0.2, evenness: 0.9 },
    { title: "expensive", one: one(1000), two: one(1900), clientLoad: 0.02, evenness: 0.9 },
  ],
};

export function resultsOf(sections: Partial<Sections>): Results {
  const machine = {
    processor: "Test",
    cores: 2,
    memoryGiB: 8,
    system: "Linux 6",
    node: "24.0.0",
    openSsl: "3.5.0",
    revision: "commit abc",
    loadBefore: 0.1,
    loadAfter: 1.9,
  };
  return { date: "2026-01-01", plan: "full", machine, sections };
}
