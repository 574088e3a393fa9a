import { Readable } from "node:stream";
import { afterEach, expect, it, vi } from "vitest";
import { liveBytes } from "../../test/usage.ts";
import { readBody } from "./body.ts";

afterEach(() => void vi.restoreAllMocks());

const LIMITS = { bodyTimeoutMs: 30_000, reserve: () => true };

it.each([1, 63, 64, 65, 2_000])("a body of %i pieces is read in order", async (count) => {
  const pieces = Array.from({ length: count }, (_, i) => Buffer.from([i & 0xff, i >> 8]));
  const body = await readBody(Readable.from(pieces), undefined, 10_000, LIMITS);
  expect(Buffer.from(body).equals(Buffer.concat(pieces))).toBe(true);
});

it("a body of large pieces, with small ones among them, is read in order and copied once", async () => {
  const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i % 7 === 0 ? 1 : 16_384, i));
  const whole = Buffer.concat(pieces);
  const concat = vi.spyOn(Buffer, "concat");
  const body = await readBody(Readable.from(pieces), undefined, whole.length, LIMITS);
  expect(concat).toHaveBeenCalledTimes(1);
  expect(Buffer.from(body).equals(whole)).toBe(true);
});

it("a body of many small pieces takes about as much memory as is counted", async () => {
  const request = new Readable({ read: () => undefined });
  const reading = readBody(request, undefined, 1_000_000, LIMITS);
  const before = liveBytes();
  for (let i = 0; i < 200_000; i += 1) {
    request.push(Buffer.from([1]));
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(liveBytes() - before).toBeLessThan(4_000_000);
  request.push(null);
  expect((await reading).length).toBe(200_000);
});
