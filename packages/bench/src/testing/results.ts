/** Made-up results of a run, for tests of reports and verdicts. */
import { WORKLOADS } from "grep11";
import type { MatrixRow, Results, ServerFigures } from "../results.ts";
import { spreadOf } from "../statistics.ts";

const one = (value: number) => spreadOf([value]);

function figures(cpu: number): ServerFigures {
  return { cpu: one(cpu), callsPerSecond: one(1e6 / cpu), p50Ms: one(3), p99Ms: one(9), clientLoad: one(0.5) };
}

function row({ name, title }: { name: string; title: string }): MatrixRow {
  return {
    name,
    title,
    concurrency: 64,
    servers: { own: figures(50), node: figures(300), grpcJs: figures(60), floor: figures(25) },
    engine: one(8),
    primitive: one(5),
  };
}

/** Results that meet every target that they measure. SoftHSM2 and several processes are not measured. */
export const GOOD: Results = {
  date: "2026-01-01",
  plan: "full",
  machine: {
    processor: "Test",
    cores: 2,
    memoryGiB: 8,
    system: "Linux 6",
    node: "24.0.0",
    openSsl: "3.5.0",
    revision: "commit abc",
    loadBefore: 0.1,
    loadAfter: 1.9,
  },
  matrix: WORKLOADS.map(row),
  ecdsa: [
    { curve: "P-256", operation: "sign", engine: one(26), yardstick: one(25), library: "OpenSSL" },
    { curve: "secp256k1", operation: "sign", engine: one(30), yardstick: one(22), library: "libsecp256k1" },
  ],
  keyOpening: { seenKey: one(4), newKey: one(30), cipher: one(2) },
  tailLatency: {
    idle: [{ p50: 0.2, p95: 0.4, p99: 0.5, max: 2 }],
    loaded: [{ p50: 0.3, p95: 0.6, p99: 1.4, max: 5 }],
    pairs: 12,
    refused: 3,
  },
  parts: [
    {
      operation: "encrypt",
      parts: 16,
      part: one(1500),
      primitive: one(1200),
      early: 1500,
      late: 1510,
      firstState: 282,
      lastState: 282,
    },
  ],
  processes: { skipped: "one process only" },
  client: { ours: one(70), connect: one(310) },
  softHsm: { skipped: "not installed" },
  start: { firstAnswerMs: one(400), idleMiB: 110, loadedMiB: [140, 145, 142, 144] },
};
