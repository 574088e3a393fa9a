import { expect, test } from "vitest";
import { createRandomPool } from "./random.ts";

test("no two draws are the same, whatever their lengths", () => {
  const random = createRandomPool();
  const seen = new Set<string>();
  for (let round = 0; round < 2000; round++) {
    const length = 16 + (round % 50) * 20;
    const bytes = random(length);
    expect(bytes.length).toBe(length);
    expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
    seen.add(Buffer.from(bytes.subarray(0, 16)).toString("hex"));
    // Overwriting returned bytes must not affect bytes that are returned later.
    bytes.fill(0);
  }
  expect(seen.size).toBe(2000);
});

test("all values of a byte occur", () => {
  const random = createRandomPool();
  const values = new Set<number>();
  for (let round = 0; round < 1000; round++) for (const byte of random(12)) values.add(byte);
  expect(values.size).toBe(256);
});
