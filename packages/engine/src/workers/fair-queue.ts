/**
 * A queue that serves callers in turn, so that a caller with many jobs does not delay a caller with only one. The jobs of one
 * caller stay in order.
 */

/** A job as the queue sees it. */
export interface QueuedJob {
  /** The name of the caller that it belongs to. */
  readonly share: string;
  /** How long it will probably run, in milliseconds. */
  readonly expectedMs: number;
}

interface Line<J> {
  readonly jobs: J[];
  expectedMs: number;
}

/** The waiting jobs, in one line per caller. */
export class FairQueue<J extends QueuedJob> {
  /** The lines of jobs, by the name of the caller; the next one to be served is first. */
  readonly #lines = new Map<string, Line<J>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  lengthOf(share: string): number {
    return this.#lines.get(share)?.jobs.length ?? 0;
  }

  push(job: J): void {
    const line = this.#lines.get(job.share) ?? { jobs: [], expectedMs: 0 };
    this.#lines.set(job.share, line);
    line.jobs.push(job);
    line.expectedMs += job.expectedMs;
    this.#length += 1;
  }

  /** Removes and returns the next job of a caller for which `mayRun` is true; undefined if there is none. */
  take(mayRun: (share: string) => boolean): J | undefined {
    for (const [share, { jobs }] of this.#lines) {
      if (!mayRun(share)) continue;
      const job = jobs[0]!;
      const line = this.#lines.get(share)!;
      this.remove(job);
      // The caller has had its turn and goes to the end.
      if (this.#lines.delete(share)) this.#lines.set(share, line);
      return job;
    }
    return undefined;
  }

  /** Removes `job`, wherever it is. */
  remove(job: J): void {
    const line = this.#lines.get(job.share);
    const at = line?.jobs.indexOf(job) ?? -1;
    if (line === undefined || at < 0) return;
    line.jobs.splice(at, 1);
    line.expectedMs -= job.expectedMs;
    this.#length -= 1;
    if (line.jobs.length === 0) this.#lines.delete(job.share);
  }

  /**
   * Returns how many milliseconds of work come before a new job of `share`: all waiting jobs of that caller, and the jobs of
   * other callers that alternate with them.
   */
  expectedMsBefore(share: string): number {
    const turns = this.lengthOf(share) + 1;
    let sum = 0;
    for (const [other, { jobs, expectedMs }] of this.#lines) {
      sum += other === share ? expectedMs : expectedMs * Math.min(1, turns / jobs.length);
    }
    return sum;
  }

  /** Removes and returns all jobs. */
  clear(): J[] {
    const jobs = Array.from(this.#lines.values()).flatMap((line) => line.jobs);
    this.#lines.clear();
    this.#length = 0;
    return jobs;
  }
}
