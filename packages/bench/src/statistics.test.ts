import { describe, expect, it } from "vitest";
import { relativeSpread, spreadOf } from "./statistics.ts";

describe("spreadOf", () => {
  it("returns the middle of an odd number of rounds, whatever their order", () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, rounds: 3 });
  });

  it("returns the mean of the two in the middle of an even number", () => {
    expect(spreadOf([10, 2, 4, 8])).toEqual({ median: 6, min: 2, max: 10, rounds: 4 });
  });

  it("refuses an empty list", () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe("relativeSpread", () => {
  it("is the distance of the extremes as a share of the median", () => {
    expect(relativeSpread(spreadOf([90, 100, 120]))).toBeCloseTo(0.3);
    expect(relativeSpread(spreadOf([0, 0]))).toBe(0);
  });
});
