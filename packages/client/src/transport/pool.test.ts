import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pool } from "./pool.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Returns a pool of two servers. While `a` is down, its calls fail with UNAVAILABLE. */
function poolOfTwo() {
  const state = { isDown: true };
  const pool = new Pool({ origins: ["a", "b"], connections: 1, create: (origin) => ({ origin, close() {} }) });
  const make = async ({ origin }: { origin: string }): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (origin === "a" && state.isDown) throw new ConnectError("down", Code.Unavailable);
    return origin;
  };
  /** Makes `count` calls at the same time. Returns the servers that responded, in alphabetical order. */
  const callMany = async (count: number): Promise<string> => {
    const calls = Promise.allSettled(Array.from({ length: count }, () => pool.call(make)));
    await vi.advanceTimersByTimeAsync(1);
    return (await calls)
      .map((call) => (call.status === "fulfilled" ? call.value : ""))
      .sort()
      .join("");
  };
  return { state, callMany };
}

describe("a server whose calls fail", () => {
  it.each([2, 20])("is left out for a second after %i calls at once", async (count) => {
    const { state, callMany } = poolOfTwo();
    expect(await callMany(count)).toBe("b".repeat(count / 2));
    state.isDown = false;
    await vi.advanceTimersByTimeAsync(990);
    expect(await callMany(2)).toBe("bb");
    await vi.advanceTimersByTimeAsync(10);
    expect(await callMany(2)).toBe("ab");
  });

  it("is left out for twice the time when it fails again", async () => {
    const { callMany } = poolOfTwo();
    for (const ms of [1_000, 2_000, 4_000]) {
      expect(await callMany(2)).toBe("b");
      await vi.advanceTimersByTimeAsync(ms - 10);
      expect(await callMany(2)).toBe("bb");
      await vi.advanceTimersByTimeAsync(10);
    }
  });
});
