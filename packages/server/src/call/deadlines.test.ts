import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadlines } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

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

  it("are noticed within two milliseconds, unless another one has passed shortly before", () => {
    start(50, 53, 90);
    vi.advanceTimersByTime(52);
    expect(passed).toEqual(["50 ms"]);
    vi.advanceTimersByTime(12);
    expect(passed).toEqual(["50 ms", "53 ms"]);
    vi.advanceTimersByTime(28);
    expect(passed).toEqual(["50 ms", "53 ms", "90 ms"]);
  });

  it("set the timer again only when one passes before all others", () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    const { deadlines } = start(1_000);
    for (let call = 0; call < 100; call += 1) {
      vi.advanceTimersByTime(1);
      deadlines.cancel(deadlines.add(performance.now() + 1_000, () => undefined));
    }
    expect(setTimer).toHaveBeenCalledTimes(1);
    deadlines.add(performance.now() + 500, () => passed.push("earlier"));
    expect(setTimer).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(502);
    expect(passed).toEqual(["earlier"]);
    expect(vi.getTimerCount()).toBe(1);
  });

  it("need no timer when there are none, and start it again", () => {
    const { deadlines, added } = start(50);
    expect(vi.getTimerCount()).toBe(1);
    deadlines.cancel(added[0]!);
    vi.advanceTimersByTime(52);
    expect(vi.getTimerCount()).toBe(0);
    deadlines.add(performance.now() + 50, () => passed.push("again"));
    vi.advanceTimersByTime(52);
    expect(passed).toEqual(["again"]);
  });

  it("may be further away than a timer can be set, or never pass", () => {
    start(2 ** 32, Number.POSITIVE_INFINITY);
    vi.advanceTimersByTime(2 ** 31);
    expect(passed).toEqual([]);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2 ** 31 + 1_000);
    expect(passed).toEqual([`${2 ** 32} ms`]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may have passed already, for which Node gives no warning", () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    start(-20);
    expect(setTimer.mock.calls[0]![1]).toBeGreaterThanOrEqual(0);
    vi.advanceTimersByTime(1);
    expect(passed).toEqual(["-20 ms"]);
  });

  it("do not keep the process alive", () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    start(50);
    expect((setTimer.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false);
  });
});
