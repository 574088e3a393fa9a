/**
 * How long calls keep the thread that they are made on: the event loop of a server answers nobody else meanwhile (issue 3,
 * "Done when" 7).
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PerformanceEntry, PerformanceObserver, performance } from "node:perf_hooks";
import { ckmName, EP11_METHODS, type Ep11, type Mechanism } from "@grep11/cryptoki";

/** No call may keep the event loop for so many milliseconds at once. */
export const LOOP_LIMIT = 5;

/** What one call took of its thread, in milliseconds. */
export interface LoopUse {
  /** The method, and the mechanism of the request if it has one. */
  readonly name: string;
  /** When it began, on the clock of `performance`. */
  readonly start: number;
  /** Until the call gave the thread back for the first time. */
  readonly first: number;
  /** How long the event loop was at work until the call was answered, in one stretch or several. */
  readonly active: number;
}

/** The same Ep11; `note` learns of every call when it is answered. */
export function measured(ep11: Ep11, note: (use: LoopUse) => void): Ep11 {
  const measure = (method: keyof Ep11) => {
    const call = ep11[method] as (request: object, ...rest: unknown[]) => Promise<unknown>;
    return async (request: object, ...rest: unknown[]) => {
      const before = performance.eventLoopUtilization();
      const start = performance.now();
      const answer = call(request, ...rest);
      const first = performance.now() - start;
      try {
        return await answer;
      } finally {
        const { active } = performance.eventLoopUtilization(before);
        note({ name: nameOf(method, request), start, first, active });
      }
    };
  };
  return Object.fromEntries(EP11_METHODS.map((method) => [method, measure(method)])) as unknown as Ep11;
}

function nameOf(method: keyof Ep11, request: object): string {
  const { mech } = request as { readonly mech?: Mechanism | number };
  return typeof mech === "object" ? `${method} ${ckmName(mech.mechanism)}` : method;
}

/** Stretches below so many milliseconds are only counted. */
const NOTABLE = 1;

/**
 * What the calls on one target took at once, without the pauses of the garbage collector, which are those of the whole
 * process; read by scripts/event-loop.mjs.
 */
export class LoopReport {
  readonly #calls = new Map<string, number>();
  readonly #notable: LoopUse[] = [];
  readonly #pauses: PerformanceEntry[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  add(use: LoopUse): void {
    this.#calls.set(use.name, (this.#calls.get(use.name) ?? 0) + 1);
    if (use.first >= NOTABLE) this.#notable.push(use);
  }

  /** Writes a file of its own into `folder`: calls by name, and the notable stretches as name and milliseconds. */
  write(folder: string): void {
    this.#pauses.push(...this.#observer.takeRecords());
    this.#observer.disconnect();
    const stretches = this.#notable.map((use) => [use.name, use.first - this.#pausedIn(use)]);
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify({ calls: [...this.#calls], stretches }));
  }

  #pausedIn({ start, first }: LoopUse): number {
    const overlaps = this.#pauses.map((pause) => {
      const end = Math.min(start + first, pause.startTime + pause.duration);
      return Math.max(0, end - Math.max(start, pause.startTime));
    });
    return overlaps.reduce((sum, overlap) => sum + overlap, 0);
  }
}
