/** Tests that the memory of one principal's calls is limited, so that enough memory is left for others. */
import { beforeEach, describe, expect, it } from "vitest";
import { BodyBudget, MOST_CALLS, MOST_UNREAD_BYTES } from "./body-budget.ts";

const MIB = 1024 * 1024;
let budget: BodyBudget;
beforeEach(() => {
  budget = new BodyBudget(256 * MIB, 4 * MIB);
});

describe("calls in progress", () => {
  it("are limited for one principal, not for another", () => {
    for (let call = 0; call < MOST_CALLS; call += 1) expect(budget.begin("alice")).toBe(true);
    expect(budget.begin("alice")).toBe(false);
    expect([budget.begin("bob"), budget.begin(undefined)]).toEqual([true, true]);
    budget.end("alice", 0, 0);
    expect([budget.begin("alice"), budget.begin("alice")]).toEqual([true, false]);
  });
});

describe("bytes", () => {
  it("of one principal take at most half of the total, until its calls end", () => {
    expect([budget.begin("alice"), budget.begin("bob")]).toEqual([true, true]);
    expect([budget.reserve("alice", 128 * MIB), budget.reserve("alice", 1)]).toEqual([true, false]);
    expect([budget.reserve("bob", 128 * MIB), budget.reserve("bob", 1)]).toEqual([true, false]);
    budget.end("alice", 128 * MIB, 0);
    expect([budget.begin("alice"), budget.reserve("alice", 128 * MIB)]).toEqual([true, true]);
  });
});

describe("unread responses", () => {
  const unread = (principal: string, request: number, response: number) => {
    expect([budget.begin(principal), budget.reserve(principal, request)]).toEqual([true, true]);
    return budget.exchange(principal, request, response);
  };

  it("of small requests are limited for one principal, not for another", () => {
    const calls = MOST_UNREAD_BYTES / MIB + 1;
    for (let call = 0; call < calls; call += 1) expect(budget.begin("alice")).toBe(true);
    for (let call = 1; call < calls; call += 1) expect(budget.exchange("alice", 0, MIB)).toBe(MIB);
    expect(budget.exchange("alice", 0, 1)).toBeUndefined();
    expect(unread("bob", 10, MIB + 10)).toBe(MIB);
    budget.end("alice", MIB, MIB);
    expect(budget.exchange("alice", 0, MIB)).toBe(MIB);
  });

  it("of which half are waiting prevent further calls of their principal, not of another", () => {
    for (let bytes = 0; bytes <= MOST_UNREAD_BYTES / 2; bytes += MIB) expect(unread("alice", 0, MIB)).toBe(MIB);
    expect([budget.begin("alice"), budget.begin("bob")]).toEqual([false, true]);
    budget.end("alice", MIB, MIB);
    expect(budget.begin("alice")).toBe(true);
  });

  it("that are no larger than their requests are always accepted", () => {
    for (let calls = 0; calls < 127; calls += 1) expect(unread("alice", MIB, MIB)).toBe(0);
  });

  it("may be as large as two of the largest requests", () => {
    budget = new BodyBudget(MIB, 64 * MIB);
    expect(unread("alice", 10, 64 * MIB)).toBe(64 * MIB - 10);
  });
});
