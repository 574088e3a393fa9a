import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { latencyOf, percentile } from "../bench/latency.ts";
import { WORKLOADS } from "../bench/workloads.ts";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

describe("bench", () => {
  it("makes every workload's calls and reports them as JSON", async () => {
    const { stdout } = await lab.ok("bench --seconds 0.02 --concurrency 2 --json");
    const { results } = JSON.parse(stdout) as { results: { name: string; calls: number; p50: number; p99: number }[] };
    expect(results.map(({ name }) => name)).toEqual(WORKLOADS.map(({ name }) => name));
    for (const { calls, p50, p99 } of results) {
      expect(calls).toBeGreaterThan(0);
      expect(p50).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
    }
  });

  it("prints a line for each chosen workload", async () => {
    const { stdout } = await lab.ok("bench random hmac --seconds 0.02");
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
  });

  it("refuses an unknown workload", async () => {
    expect((await lab.grep11("bench nonsense")).code).toBe(2);
  });
});

describe("latency", () => {
  it("reports times that occurred", () => {
    const times = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(latencyOf(times)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(latencyOf([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
    expect(percentile([], 0.5)).toBe(0);
  });
});
