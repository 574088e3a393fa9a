import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadlines } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("deadlines", () => {
  const passed: string[] = [];
  const start = (...lengths: readonly number[]) => {
    passed.length = 0;
    const deadlines = new Deadlines();
    const added = lengths.map((ms) => deadlines.add(performance.now() + ms, () => passed.push(`${ms} ms`)));
    return { deadlines, added };
  };

  it("pass once, each at its time, however they were added", () => {
    start(90_000, 50, 30_000);
    vi.advanceTimersByTime(49);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(11);
    expect(passed).toEqual(["50 ms"]);
    vi.advanceTimersByTime(200_000);
    expect(passed).toEqual(["50 ms", "30000 ms", "90000 ms"]);
  });

  it("that are cancelled do not pass, even by another one that passes at the same time", () => {
    const { deadlines, added } = start(50, 50, 60);
    deadlines.cancel(added[0]!);
    deadlines.add(performance.now() + 40, () => deadlines.cancel(added[2]!));
    vi.advanceTimersByTime(1_000);
    expect(passed).toEqual(["50 ms"]);
  });

  it("need no timer when there are none, and start it again", () => {
    const { deadlines, added } = start(50);
    expect(vi.getTimerCount()).toBe(1);
    deadlines.cancel(added[0]!);
    vi.advanceTimersByTime(20);
    expect(vi.getTimerCount()).toBe(0);
    deadlines.add(performance.now() + 50, () => passed.push("again"));
    vi.advanceTimersByTime(60);
    expect(passed).toEqual(["again"]);
  });
});
