import { describe, expect, it } from "vitest";
import type { Sections } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { callRow, figures, GOOD, resultsOf } from "../testing/results.ts";
import { judge, TARGETS } from "./targets.ts";
import { type Verdict, verdictText } from "./verdict.ts";

const one = (value: number) => spreadOf([value]);

function judged(change: Partial<Sections>): Verdict[] {
  return judge(resultsOf({ ...GOOD, ...change }));
}

/** Returns the last verdict on the target. P9 has two verdicts, and the first of them is never measured. */
function verdictOf(id: string, change: Partial<Sections>): Verdict {
  return judged(change).findLast((verdict) => verdict.id === id)!;
}

function calls(id: string, cpu: number): Partial<Sections> {
  return { calls: GOOD.calls.map((row) => (row.id === id ? callRow(id, cpu) : row)) };
}

function matrix(change: Partial<Sections["matrix"][number]>): Partial<Sections> {
  return { matrix: GOOD.matrix.map((row) => (row.name === "aes-cbc" ? { ...row, ...change } : row)) };
}

const signing = (index: number, engine: number) => ({ signing: [{ ...GOOD.signing[index]!, engine: one(engine) }] });
const engine = (change: Partial<Sections["engine"]>) => ({ engine: { ...GOOD.engine, ...change } });
const multiPart = (change: object) => engine({ multiPart: [{ ...GOOD.engine.multiPart[0]!, ...change }] });
const parts = (change: Partial<Sections["parts"][number]>) => ({ parts: [{ ...GOOD.parts[0]!, ...change }] });
const client = (change: Partial<Sections["client"]>) => ({ client: { ...GOOD.client, ...change } });
const start = (change: Partial<Sections["start"]>) => ({ start: { ...GOOD.start, ...change } });
const peers = (inFlight: number, own: number, theirs: number) => ({
  peers: { rows: [{ title: "x", inFlight, own: figures(own), peers: { SoftHSM2: figures(theirs) } }], missing: [] },
});
const tail = (p99: number) => ({
  tailLatency: [GOOD.tailLatency[0]!, { ...GOOD.tailLatency[1]!, p99Ms: one(p99) }],
});

describe("judge", () => {
  it("returns every target, in order", () => {
    const ids = Array.from({ length: 14 }, (_, index) => `P${index + 1}`);
    expect(judged({}).map(({ id }) => id)).toEqual(ids.flatMap((id) => (id === "P9" ? [id, id] : [id])));
  });

  it("accepts good results, and reports peers that were not measured", () => {
    for (const { id, verdict } of judged({})) expect([id, verdict]).toEqual([id, id === "P9" ? "not measured" : "met"]);
  });

  it("judges only what was measured", () => {
    expect(judge(resultsOf({ start: GOOD.start })).map(({ id }) => id)).toEqual(["P10"]);
  });

  it.each<[id: string, why: string, share: number, change: Partial<Sections>]>([
    ["P1", "more than half the floor", 1.2, { ...calls("floor", 1e3 / 30) }],
    ["P1", "more than grpc-js", 20 / (0.35 * 50), calls("grpcJs", 50)],
    ["P1", "more than grpc-go", 20 / 19, calls("grpcGo", 19)],
    ["P2", "less than 0.6 of the layer and 40,000/s", 26 / 25, matrix({ own: figures(26) })],
    ["P2", "less than 75 % of an expensive primitive", 0.75 * 2, matrix({ ...expensive(20), own: figures(40) })],
    ["P3", "slower than OpenSSL", 31 / 25 / 1.2, signing(0, 31)],
    ["P3", "slower than libsecp256k1", 27 / 22 / 1.2, signing(1, 27)],
    ["P3", "slower RSA", 280 / 250 / 1.1, signing(2, 280)],
    ["P4", "a slow cache", 1.5, engine({ seenKey: one(4.5) })],
    ["P4", "slow opening", 17 / 16, engine({ newKey: one(20) })],
    ["P5", "a long tail", 1.6 / 1.5, tail(1.6)],
    ["P6", "more than twice the primitive", 1.5, parts({ server: one(4200) })],
    ["P6", "more than 1.3 times a digest", 1.5 / 1.3, parts({ operation: "DigestUpdate", server: one(2100) })],
    ["P6", "a state that grows", 283 / 282, parts({ lastState: 283 })],
    ["P6", "garbage collections", 2, parts({ collections: 0.1 })],
    ["P7", "no gain", 1.8 / 1.7, { processes: [{ ...GOOD.processes[1]!, two: one(1700) }] }],
    ["P8", "an expensive client", 30 / 60 / 0.35, client({ own: one(30) })],
    ["P8", "lost calls", 2, client({ parallel: { calls: 200, failed: 1 } })],
    ["P9", "more than SoftHSM2 with 16 clients", 31 / 30, peers(16, 31, 30)],
    ["P9", "more than SoftHSM2 with one client", 51 / 50, peers(1, 51, 50)],
    ["P10", "a slow start", 250 / 240, start({ serverMs: one(250) })],
    ["P10", "a slow command", 130 / 120, start({ cliMs: one(130) })],
    ["P10", "memory when idle", 1.01, start({ idleMiB: 101 })],
    ["P10", "memory after 25,000 calls", 151 / 150, start({ loadedMiB: [151, 151] })],
    ["P10", "memory that grows", 1.2 / 1.1, start({ loadedMiB: [100, 120, 110] })],
    ["P11", "slow key pairs", 80 / 78, engine({ keyPair: one(80) })],
    ["P11", "slow unwrapping", 1.2, engine({ unwrap: one(18) })],
    ["P12", "slow gRPC-Web", 31 / 30, calls("web", 31)],
    ["P12", "slow JSON", 81 / 80, calls("json", 81)],
    ["P12", "slow large JSON", 1.1, calls("large-json", 11_000)],
    ["P13", "slow Init", 41 / 40, multiPart({ split: one(41) })],
    ["P13", "slow Update", 21 / 20, multiPart({ update: one(23) })],
    ["P14", "slow single calls", 30 / 20 / 1.4, calls("own-1", 30)],
  ])("reports %s as missed: %s", (id, _why, share, change) => {
    const verdict = verdictOf(id, change);
    expect(verdict.verdict).toBe("missed");
    expect(verdict.share).toBeCloseTo(share);
    expect(verdictText(verdict)).toBe(`missed: × ${share.toFixed(2)} of the limit`);
  });

  it("accepts less than 40,000/s where the layer is slow too", () => {
    expect(verdictOf("P2", matrix({ own: figures(50), layer: figures(31) })).verdict).toBe("met");
    expect(verdictOf("P2", matrix({ ...expensive(40), own: figures(50) })).verdict).toBe("met");
  });

  it("compares single clients only on what costs the peer more than 40 µs", () => {
    expect(verdictOf("P9", peers(1, 45, 39)).verdict).toBe("met");
  });

  it("reports the missing peer or library, but not instead of a miss", () => {
    const skipped = { skipped: "Go is not installed" };
    const withoutGo = GOOD.calls.map((row) => (row.id === "grpcGo" ? { ...row, figures: skipped } : row));
    const verdict = verdictOf("P1", { calls: withoutGo });
    expect(verdict.verdict).toBe("not measured");
    expect(verdict.found).toContain("grpcGo not measured: Go is not installed");
    const slow = withoutGo.map((row) => (row.id === "floor" ? callRow("floor", 30) : row));
    expect(verdictOf("P1", { calls: slow }).verdict).toBe("missed");
    const openSsl = [{ ...GOOD.signing[1]!, library: "OpenSSL" as const }];
    expect(verdictOf("P3", { signing: openSsl }).verdict).toBe("not measured");
  });

  it("lists only what is missed and the closest of many conditions", () => {
    const rows = Array.from({ length: 9 }, (_, index) => ({
      ...GOOD.signing[0]!,
      key: `K${index}`,
      engine: one(20 + index),
    }));
    const { found } = verdictOf("P3", { signing: [...rows, { ...GOOD.signing[0]!, key: "SLOW", engine: one(50) }] });
    expect(found).toBe("SLOW sign × 2.00; 9 of 10 are within the limit, the closest K8 sign × 1.12");
  });

  it("needs a section for every target", () => {
    for (const { section } of TARGETS) expect(GOOD).toHaveProperty(section);
  });
});

function expensive(primitive: number): Partial<Sections["matrix"][number]> {
  return { engine: one(primitive + 2), primitive: one(primitive) };
}
