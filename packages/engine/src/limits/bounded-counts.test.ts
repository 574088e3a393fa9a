import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedCounts } from "./bounded-counts.ts";

test("counts exactly until the table is full", () => {
  const counts = new BoundedCounts(3);
  for (const name of ["a", "b", "a", "c", "a"]) counts.add(name);
  expect(["a", "b", "c", "d"].map((name) => counts.of(name))).toEqual([3, 1, 1, 0]);
  counts.clear();
  expect([counts.of("a"), counts.names]).toEqual([0, 0]);
});

test("counts are never too high, too low by at most n / (size + 1), and there are never more names than its size", () => {
  const names = fc.array(fc.integer({ min: 0, max: 12 }).map(String), { maxLength: 400 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), names, (size, added) => {
      const counts = new BoundedCounts(size);
      const exact = new Map<string, number>();
      for (const name of added) {
        counts.add(name);
        exact.set(name, (exact.get(name) ?? 0) + 1);
        expect(counts.names).toBeLessThanOrEqual(size);
      }
      for (const [name, count] of exact) {
        expect(counts.of(name)).toBeLessThanOrEqual(count);
        expect(counts.of(name)).toBeGreaterThanOrEqual(count - added.length / (size + 1));
      }
    }),
  );
});

test("a flood of other names lowers a count by one for every size + 1 of them", () => {
  const size = 100;
  const counts = new BoundedCounts(size);
  for (let n = 0; n < 50; n++) counts.add("attacked");
  for (let n = 0; n < 10 * (size + 1); n++) counts.add(`flood ${n}`);
  expect(counts.of("attacked")).toBeGreaterThanOrEqual(40 - 1);
  expect(counts.of("attacked")).toBeLessThan(50);
});
