import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BoundedDestination, type Sink } from "./bounded-destination.ts";

/** Returns a sink that keeps what is written to it, and can be made to stall or to fail. */
function memorySink() {
  const written: string[] = [];
  let release: (() => void) | undefined;
  let stalled: Promise<void> | undefined;
  const sink: Sink & { fails: boolean } = {
    chunkBytes: 64,
    fails: false,
    async write(bytes) {
      await stalled;
      if (sink.fails) throw new Error("no space left on device");
      written.push(Buffer.from(bytes).toString());
    },
  };
  return {
    sink,
    written,
    stall: () => {
      stalled = new Promise((resolve) => {
        release = resolve;
      });
    },
    resume: () => {
      stalled = undefined;
      release?.();
    },
  };
}

const reportLost = (count: number): string => `lost ${count}`;
const line = (n: number): string => `line ${String(n).padStart(3, "0")}\n`;
const lines = (from: number, to: number): string => {
  return Array.from({ length: to - from }, (_, i) => line(from + i)).join("");
};

describe("BoundedDestination", () => {
  it("writes lines in order, in chunks of whole lines", async () => {
    const { sink, written } = memorySink();
    const destination = new BoundedDestination(sink, { reportLost });
    for (let n = 0; n < 20; n++) destination.write(line(n));
    expect(await destination.flush(1_000)).toBe(true);
    expect(written.join("")).toBe(lines(0, 20));
    expect(written.map((chunk) => chunk.length)).toEqual([63, 63, 54]);
  });

  it("keeps no more than its bound while the sink is stalled, then reports how many lines it lost", async () => {
    const { sink, written, stall, resume } = memorySink();
    const destination = new BoundedDestination(sink, { reportLost, maxBytes: 900, intervalMs: 20 });
    stall();
    for (let n = 0; n < 1_000; n++) destination.write(line(n));
    await sleep(60);
    expect(written).toEqual([]);
    resume();
    await expect.poll(() => written.join("")).toBe(`${lines(0, 100)}lost 900\n`);
    destination.write("after\n");
    expect(await destination.flush(1_000)).toBe(true);
    expect(written.join("")).toBe(`${lines(0, 100)}lost 900\nafter\n`);
  });

  it("gives up on flushing a stalled sink", async () => {
    const { sink, stall } = memorySink();
    const destination = new BoundedDestination(sink, { reportLost });
    stall();
    destination.write("never read\n");
    expect(await destination.flush(20)).toBe(false);
  });

  it("survives a sink that fails, counts what it lost, and continues when the sink works again", async () => {
    const { sink, written } = memorySink();
    const destination = new BoundedDestination(sink, { reportLost, intervalMs: 20 });
    sink.fails = true;
    destination.write("first\n");
    await sleep(10);
    destination.write("second\n");
    await sleep(50);
    sink.fails = false;
    await sleep(80);
    destination.write("third\n");
    expect(await destination.flush(1_000)).toBe(true);
    const text = written.join("");
    expect(text).toContain("third\n");
    const lost = [...text.matchAll(/lost (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    expect(lost).toBeGreaterThanOrEqual(1);
    expect(text).not.toContain("first");
  });
});
