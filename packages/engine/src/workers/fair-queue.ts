export interface QueuedJob {
  /** The name of the caller. */
  readonly share: string;
  /** How many milliseconds the job will probably run. */
  readonly expectedMs: number;
}

interface Line<J> {
  readonly jobs: J[];
  expectedMs: number;
}

/** Serves callers in turn, so that a caller with many jobs does not delay a caller with one. Jobs of a caller stay in order. */
export class FairQueue<J extends QueuedJob> {
  /** Jobs by the name of the caller. The caller that is served next is first. */
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

  /** Removes and returns the next job of a caller for which `mayRun` is true. */
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

  remove(job: J): void {
    const line = this.#lines.get(job.share);
    const at = line?.jobs.indexOf(job) ?? -1;
    if (line === undefined || at < 0) return;
    line.jobs.splice(at, 1);
    line.expectedMs -= job.expectedMs;
    this.#length -= 1;
    if (line.jobs.length === 0) this.#lines.delete(job.share);
  }

  /** How many milliseconds of work come before a new job of `share`: its own jobs, and those that alternate with them. */
  expectedMsBefore(share: string): number {
    const turns = this.lengthOf(share) + 1;
    let sum = 0;
    for (const [other, { jobs, expectedMs }] of this.#lines) {
      sum += other === share ? expectedMs : expectedMs * Math.min(1, turns / jobs.length);
    }
    return sum;
  }

  clear(): J[] {
    const jobs = Array.from(this.#lines.values()).flatMap((line) => line.jobs);
    this.#lines.clear();
    this.#length = 0;
    return jobs;
  }
}
