/** Measures how long calls occupy their thread. During that time, a server cannot respond to other calls. */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PerformanceEntry, PerformanceObserver, performance } from "node:perf_hooks";
import * as ck from "@grep11/cryptoki";

/** The longest time in milliseconds that a call may block the event loop. */
export const LOOP_LIMIT = 5;

/** How long one call occupied its thread. All times are in milliseconds. */
interface LoopUse {
  /** The name of the RPC, followed by the mechanism of the request if it has one. */
  readonly name: string;
  /** When the call started, in milliseconds of `performance.now()`. */
  readonly start: number;
  /** When the call ended, on the same clock. */
  readonly end: number;
  /** How long the call ran until it first yielded to the event loop. */
  readonly first: number;
  /** How long the event loop was active in total from the start to the end of the call. */
  readonly active: number;
  /** Whether no other call was running at the same time, so that all activity of the event loop belongs to this call. */
  readonly alone: boolean;
}

/** Returns an interceptor that calls `note` for every finished call. */
export function loopMeter(note: (use: LoopUse) => void): ck.Interceptor {
  let started = 0;
  let running = 0;
  return async ({ rpc, mechanisms: [mechanism] }, next) => {
    const turn = ++started;
    const wasIdle = running++ === 0;
    const name = mechanism === undefined ? rpc : `${rpc} ${ck.ckmName(mechanism)}`;
    const before = performance.eventLoopUtilization();
    const start = performance.now();
    const response = next();
    const first = performance.now() - start;
    try {
      return await response;
    } finally {
      const { active } = performance.eventLoopUtilization(before);
      running--;
      const alone = wasIdle && turn === started;
      note({ name, start, end: performance.now(), first, active, alone });
    }
  };
}

/** The time of garbage collection is subtracted only from times of at least this many milliseconds. */
const MIN_CORRECTED_MS = 1;

/**
 * How long the calls with one name blocked the event loop in one test, in milliseconds, in the order in which the calls ended. If
 * no other call was running, the whole time of the call counts; otherwise only the time until it first yielded.
 */
interface LoopRecord {
  readonly test: string;
  readonly name: string;
  readonly stretches: readonly number[];
}

/**
 * Collects the times of all calls on one target, without garbage collection. scripts/event-loop.mjs evaluates them. `test`
 * returns the name of the running test.
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

  /** Writes the records to a new file in `folder`. */
  write(folder: string): void {
    this.#pauses.push(...this.#observer.takeRecords());
    this.#observer.disconnect();
    const records = Array.from(this.#uses.values(), ({ test, name, uses }): LoopRecord => {
      return { test, name, stretches: uses.map((use) => Math.round(100 * this.#blockingTime(use)) / 100) };
    });
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(records));
  }

  #blockingTime({ start, end, first, active, alone }: LoopUse): number {
    const [time, until] = alone ? [Math.max(first, active), end] : [first, start + first];
    if (time < MIN_CORRECTED_MS) return time;
    return this.#pauses.reduce((left, pause) => {
      const overlap = Math.min(until, pause.startTime + pause.duration) - Math.max(start, pause.startTime);
      return left - Math.max(0, overlap);
    }, time);
  }
}
