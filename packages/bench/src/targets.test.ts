import { describe, expect, it } from "vitest";
import type { Results } from "./results.ts";
import { spreadOf } from "./statistics.ts";
import { judge } from "./targets.ts";
import { GOOD } from "./testing/results.ts";

function verdictOf(id: string, results: Results): string | undefined {
  return judge(results).find((verdict) => verdict.id === id)?.verdict;
}

const one = (value: number) => spreadOf([value]);

describe("judge", () => {
  it("returns every target once, in order", () => {
    expect(judge(GOOD).map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, index) => `P${index + 1}`));
  });

  it("accepts good results, and reports what was not measured", () => {
    for (const { id, verdict } of judge(GOOD)) {
      expect([id, verdict]).toEqual([id, id === "P7" || id === "P9" ? "not measured" : "met"]);
    }
  });

  const softHsm = (ours: number) => [
    { title: "x", softHsm: { cpu: one(80), perSecond: one(9000) }, ours: { cpu: one(ours), perSecond: one(9000) } },
  ];
  /** In the first row the load generator needs a considerable share of a core, in the second hardly any. */
  const processes = (two: number) => [
    { title: "cheap", one: one(3000), two: one(4800), clientLoad: 0.2, evenness: 0.9 },
    { title: "expensive", one: one(1000), two: one(two), clientLoad: 0.02, evenness: 0.9 },
  ];
  const aesCbc = (change: Partial<Results["matrix"][number]>) =>
    GOOD.matrix.map((row) => (row.name === "aes-cbc" ? { ...row, ...change } : row));
  const servers = (fast: number) => {
    const row = GOOD.matrix[0]!;
    return { ...row.servers, own: { ...row.servers.own, cpu: one(fast) } };
  };

  it.each<[id: string, why: string, change: Partial<Results>]>([
    ["P1", "more than the echo", { matrix: aesCbc({ servers: servers(61) }) }],
    ["P2", "fewer than 10,000/s", { matrix: aesCbc({ servers: servers(101) }) }],
    ["P3", "slower than the library", { ecdsa: [{ ...GOOD.ecdsa[1]!, engine: one(34) }] }],
    ["P4", "a slow cache", { keyOpening: { ...GOOD.keyOpening, seenKey: one(5.1) } }],
    ["P5", "a long tail", { tailLatency: { ...GOOD.tailLatency, loaded: [{ p50: 1, p95: 1, p99: 1.6, max: 2 }] } }],
    ["P6", "a state that grows", { parts: [{ ...GOOD.parts[0]!, lastState: 283 }] }],
    ["P6", "half the throughput missed", { parts: [{ ...GOOD.parts[0]!, part: one(2500) }] }],
    ["P7", "no gain", { processes: processes(1700) }],
    ["P8", "an expensive client", { client: { ...GOOD.client, ours: one(81) } }],
    ["P9", "slower than SoftHSM2", { softHsm: softHsm(81) }],
    ["P10", "memory that grows", { start: { ...GOOD.start, loadedMiB: [140, 141, 142, 165] } }],
    ["P10", "a slow start", { start: { ...GOOD.start, firstAnswerMs: one(701) } }],
  ])("reports %s as missed: %s", (id, _why, change) => {
    expect(verdictOf(id, { ...GOOD, ...change })).toBe("missed");
  });

  it("judges slow primitives by their share of a core", () => {
    const slow = { servers: servers(200), primitive: one(150) };
    expect(verdictOf("P2", { ...GOOD, matrix: aesCbc(slow) })).toBe("met");
  });

  it("accepts two processes and SoftHSM2 if they are measured", () => {
    expect(verdictOf("P7", { ...GOOD, processes: processes(1900) })).toBe("met");
    expect(verdictOf("P9", { ...GOOD, softHsm: softHsm(79) })).toBe("met");
  });

  it("does not count secp256k1 compared with OpenSSL as measured", () => {
    const ecdsa = [{ ...GOOD.ecdsa[1]!, library: "OpenSSL" as const }];
    expect(verdictOf("P3", { ...GOOD, ecdsa })).toBe("not measured");
  });
});
