/** Recent durations of jobs by kind, to estimate the next one. */

/** Weight of the newest job in the average. */
const NEWEST = 0.2;

/** Moving averages by kind; their number is limited by the number of mechanisms. */
export class ServiceTimes {
  readonly #averages = new Map<string, number>();

  /** How many milliseconds a job of `kind` will probably take; 0 for a kind that was never run. */
  expected(kind: string): number {
    return this.#averages.get(kind) ?? 0;
  }

  /** A job of `kind` took `ms`. */
  note(kind: string, ms: number): void {
    const before = this.#averages.get(kind) ?? ms;
    this.#averages.set(kind, before + NEWEST * (ms - before));
  }
}
