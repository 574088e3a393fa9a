import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "./config/load.ts";
import { configuredPlan } from "./configured-plan.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "grep11-plan-"));
  writeFileSync(join(directory, "k.g11"), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

const planOf = (settings: string, processes?: number) =>
  configuredPlan(
    parseConfig(`grep11: { keyring: { file: ${join(directory, "k.g11")} }, ${settings} }`, "c", {}),
    processes,
  );

describe("a plan", () => {
  it("has every limit of the configuration, in milliseconds and bytes", async () => {
    const plan = await planOf(`
      limits: { maxDataMiB: 2, callTimeout: 1, bodyTimeout: 2, maxConnections: 3, maxConnectionIdle: 4, maxConnectionAge: 5,
        maxPendingMiB: 6, maxConnectionsPerAddress: 2, maxJsonKiB: 100 },
      keyCache: { maxKeys: 6, maxMiB: 7, maxAge: 8 },
      stateLifetime: 9,
      workers: { threads: 10, generationThreads: 11, queue: 12, maxWait: 15, generationsPerPrincipal: 13, queuePerPrincipal: 14 }`);
    expect(plan.server).toEqual({
      http2: "own",
      maxDataBytes: 2 << 20,
      maxJsonBytes: 100 << 10,
      callTimeoutMs: 1000,
      bodyTimeoutMs: 2000,
      maxPendingBytes: 6 << 20,
      maxConnections: 3,
      maxConnectionsPerAddress: 2,
      idleTimeoutMs: 4000,
      maxConnectionAgeMs: 5000,
      keepalive: { intervalMs: 30_000, timeoutMs: 5000 },
    });
    expect(plan.engine).toMatchObject({
      keyCache: { maxKeys: 6, maxBytes: 7 << 20, maxAgeMs: 8000 },
      stateLifetimeMs: 9000,
    });
    expect(plan.workers).toEqual({
      workers: 10,
      generationWorkers: 11,
      queue: 12,
      maxWaitMs: 15_000,
      generationsPerPrincipal: 13,
      queuePerPrincipal: 14,
    });
  });

  it("turns JSON off where the configuration does", async () => {
    expect((await planOf("limits: { maxJsonKiB: false }")).server?.maxJsonBytes).toBe(false);
    expect((await planOf("")).server?.maxJsonBytes).toBe(1 << 20);
  });

  it("divides the allowed failures among the processes", async () => {
    const shareOf = async (settings: string, processes?: number) =>
      (await planOf(settings, processes)).engine.failuresPerMinute;
    expect(await shareOf("")).toBe(1000);
    expect(await shareOf("", 3)).toBe(334);
    expect(await shareOf("limits: { failuresPerMinute: 2 }", 4)).toBe(1);
    expect(await shareOf("limits: { failuresPerMinute: false }", 4)).toBe(false);
  });

  it("leaves out what the configuration does not set", async () => {
    const plan = await planOf("keyCache: { enabled: false }");
    expect(plan.server).not.toHaveProperty("maxConnectionAgeMs");
    expect(plan.server).not.toHaveProperty("maxConnectionsPerAddress");
    expect(plan.workers).toEqual({ queue: 256, maxWaitMs: 1000, generationsPerPrincipal: 1, queuePerPrincipal: 4 });
    expect(plan.engine.keyCache).toBe(false);
  });
});
