/** Recent durations of jobs by kind, to estimate the next one. */

/** The weight of the newest job in the average. */
const NEWEST = 0.2;

/** Moving averages by kind of job. The number of mechanisms limits how many there are. */
export class ServiceTimes {
  readonly #averages = new Map<string, number>();

  /** Returns how many milliseconds a job of `kind` will probably take; 0 if none has run yet. */
  expected(kind: string): number {
    return this.#averages.get(kind) ?? 0;
  }

  /** Records that a job of `kind` took `ms` milliseconds. */
  note(kind: string, ms: number): void {
    const before = this.#averages.get(kind) ?? ms;
    this.#averages.set(kind, before + NEWEST * (ms - before));
  }
}
