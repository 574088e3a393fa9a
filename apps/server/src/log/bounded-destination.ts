/**
 * The destination of the server's log: a bounded queue in front of a sink. If the reader stalls, the disk is full or
 * the sink fails, lines are lost, but writers never wait. The number of lost lines is reported once a second, as soon
 * as the sink accepts lines again.
 */

/** Writes bytes asynchronously. */
export interface Sink {
  /** Maximum bytes per write; a longer line is written alone. */
  readonly chunkBytes: number;
  /** Resolves when `bytes` are written, rejects when they are lost. Called again only after that. */
  write(bytes: Uint8Array): Promise<void>;
}

/** How a destination is bounded and how it reports what it lost. */
interface DestinationOptions {
  /** The line that reports `count` lost lines, without its newline. */
  readonly reportLost: (count: number) => string;
  /** Maximum bytes in the queue; default 1 MiB. */
  readonly maxBytes?: number;
  /** Pause after a failed write, and the interval of reports, in milliseconds; default 1,000. */
  readonly intervalMs?: number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

/** A destination for pino or any other writer of whole lines. */
export class BoundedDestination {
  readonly #sink: Sink;
  readonly #reportLost: (count: number) => string;
  readonly #maxBytes: number;
  readonly #intervalMs: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #lost = 0;
  /** A write is under way, or about to begin. */
  #busy = false;
  #report: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(sink: Sink, { reportLost, maxBytes = DEFAULT_MAX_BYTES, intervalMs = 1_000 }: DestinationOptions) {
    this.#sink = sink;
    this.#reportLost = reportLost;
    this.#maxBytes = maxBytes;
    this.#intervalMs = intervalMs;
  }

  /** Queues `line`, which ends in a newline. Never throws and never waits; a line that does not fit is counted as lost. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#queuedBytes + bytes.length > this.#maxBytes) this.#lose(1);
    else this.#add(bytes);
  }

  /** Resolves when everything queued is written or lost, or after `timeoutMs`: true if nothing was left in the queue. */
  async flush(timeoutMs: number): Promise<boolean> {
    this.#reportNow();
    if (!this.#busy) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#whenIdle.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  #add(bytes: Buffer): void {
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#busy) return;
    this.#busy = true;
    // Deferred, so that all lines of one turn of the event loop are written together.
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const lines = this.#takeChunk();
      try {
        await this.#sink.write(lines.length === 1 ? lines[0]! : Buffer.concat(lines));
      } catch {
        this.#lose(lines.length);
        await new Promise((resolve) => setTimeout(resolve, this.#intervalMs).unref());
      }
    }
    this.#busy = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #takeChunk(): Buffer[] {
    let count = 0;
    let bytes = 0;
    do {
      bytes += this.#queue[count]!.length;
      count += 1;
    } while (count < this.#queue.length && bytes + this.#queue[count]!.length <= this.#sink.chunkBytes);
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #lose(count: number): void {
    this.#lost += count;
    this.#report ??= setTimeout(() => this.#reportNow(), this.#intervalMs).unref();
  }

  /** Queues the report, or tries again later if the queue is full. */
  #reportNow(): void {
    clearTimeout(this.#report);
    this.#report = undefined;
    if (this.#lost === 0) return;
    const bytes = Buffer.from(`${this.#reportLost(this.#lost)}\n`);
    if (this.#queuedBytes + bytes.length > this.#maxBytes) {
      this.#lose(0);
      return;
    }
    this.#lost = 0;
    this.#add(bytes);
  }
}
