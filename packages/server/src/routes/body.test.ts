import { Readable } from "node:stream";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { readBody } from "./body.ts";

const LIMITS = { bodyTimeoutMs: 30_000, reserve: () => true };

it.each([1, 511, 512, 513, 2_000])("a body of %i pieces is read in order", async (count) => {
  const pieces = Array.from({ length: count }, (_, i) => Buffer.from([i & 0xff, i >> 8]));
  const body = await readBody(Readable.from(pieces), undefined, 10_000, LIMITS);
  expect(Buffer.from(body).equals(Buffer.concat(pieces))).toBe(true);
});

it("a body of many small pieces takes about as much memory as is counted", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    return getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers;
  };
  const request = new Readable({ read: () => undefined });
  const reading = readBody(request, undefined, 1_000_000, LIMITS);
  const before = used();
  for (let i = 0; i < 200_000; i += 1) {
    request.push(Buffer.from([1]));
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(used() - before).toBeLessThan(4_000_000);
  request.push(null);
  expect((await reading).length).toBe(200_000);
});
