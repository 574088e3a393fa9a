/**
 * How long calls occupy the thread that they are made on: a server can respond to no other call meanwhile.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PerformanceEntry, PerformanceObserver, performance } from "node:perf_hooks";
import * as ck from "@grep11/cryptoki";

/** No call may keep the event loop for so many milliseconds at once. */
export const LOOP_LIMIT = 5;

/** What one call took of its thread, in milliseconds. */
export interface LoopUse {
  /** The RPC, and the mechanism of the request if it has one. */
  readonly name: string;
  /** When it began, on the clock of `performance`. */
  readonly start: number;
  /** When it was answered. */
  readonly end: number;
  /** Until the call gave the thread back for the first time. */
  readonly first: number;
  /** How long the event loop was at work until the call was answered, in one stretch or several. */
  readonly active: number;
  /** No other call was under way at any time: what the event loop was at was this one. */
  readonly alone: boolean;
}

/** An interceptor that passes what every call took to `note`. */
export function loopMeter(note: (use: LoopUse) => void): ck.Interceptor {
  let begun = 0;
  let underWay = 0;
  return async ({ rpc, mechanisms: [mechanism] }, next) => {
    const turn = ++begun;
    const wasIdle = underWay++ === 0;
    const name = mechanism === undefined ? rpc : `${rpc} ${ck.ckmName(mechanism)}`;
    const before = performance.eventLoopUtilization();
    const start = performance.now();
    const response = next();
    const first = performance.now() - start;
    try {
      return await response;
    } finally {
      const { active } = performance.eventLoopUtilization(before);
      underWay--;
      const alone = wasIdle && turn === begun;
      note({ name, start, end: performance.now(), first, active, alone });
    }
  };
}

/** Only stretches of so many milliseconds are freed from the garbage collector's part: the others count as they are. */
const NOTABLE = 1;

/**
 * How long the calls of one name kept the event loop in one test, in the order in which they were answered, in milliseconds:
 * altogether where no other call was under way, else until they gave it back for the first time.
 */
export interface LoopRecord {
  readonly test: string;
  readonly name: string;
  readonly stretches: readonly number[];
}

/**
 * What the calls on one target took, without the pauses of the garbage collector, which are those of the whole
 * process; read by scripts/event-loop.mjs. `test` says which test is running.
 */
export class LoopReport {
  readonly #uses = new Map<string, { readonly test: string; readonly name: string; readonly uses: LoopUse[] }>();
  readonly #pauses: PerformanceEntry[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));
  readonly #test: () => string;

  constructor(test: () => string) {
    this.#test = test;
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  add(use: LoopUse): void {
    const test = this.#test();
    const key = `${test}\n${use.name}`;
    const entry = this.#uses.get(key) ?? { test, name: use.name, uses: [] };
    this.#uses.set(key, entry);
    entry.uses.push(use);
  }

  /** Writes the records as a file of its own into `folder`. */
  write(folder: string): void {
    this.#pauses.push(...this.#observer.takeRecords());
    this.#observer.disconnect();
    const records = Array.from(this.#uses.values(), ({ test, name, uses }): LoopRecord => {
      return { test, name, stretches: uses.map((use) => Math.round(100 * this.#atWork(use)) / 100) };
    });
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(records));
  }

  #atWork({ start, end, first, active, alone }: LoopUse): number {
    const [taken, until] = alone ? [Math.max(first, active), end] : [first, start + first];
    if (taken < NOTABLE) return taken;
    return this.#pauses.reduce((left, pause) => {
      const overlap = Math.min(until, pause.startTime + pause.duration) - Math.max(start, pause.startTime);
      return left - Math.max(0, overlap);
    }, taken);
  }
}
