/**
 * The destination of the server's log: a bounded queue in front of a sink. If the reader stalls, the disk is full or the sink
 * fails, lines are lost, but writers never wait. Once the sink accepts lines again, the number of lost lines is reported, at most
 * once a second.
 */

/** Writes bytes asynchronously. */
export interface Sink {
  /** Maximum number of bytes per write. A longer line is written alone. */
  readonly chunkBytes: number;
  /** Resolves when `bytes` are written, and rejects when they are lost. It is called again only after that. */
  write(bytes: Uint8Array): Promise<void>;
}

/** How large a destination may grow, and how it reports lost lines. */
interface DestinationOptions {
  /** Returns the line that reports `count` lost lines, without a newline. */
  readonly reportLost: (count: number) => string;
  /** Maximum size of the queue in bytes; default 1 MiB. */
  readonly maxBytes?: number;
  /** Pause after a failed write, and time between two reports, in milliseconds; default 1,000. */
  readonly intervalMs?: number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

/** A destination for pino, or for anything else that writes whole lines. */
export class BoundedDestination {
  readonly #sink: Sink;
  readonly #reportLost: (count: number) => string;
  readonly #maxBytes: number;
  readonly #intervalMs: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #lost = 0;
  /** Whether a write is under way or about to begin. */
  #busy = false;
  #report: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(sink: Sink, { reportLost, maxBytes = DEFAULT_MAX_BYTES, intervalMs = 1_000 }: DestinationOptions) {
    this.#sink = sink;
    this.#reportLost = reportLost;
    this.#maxBytes = maxBytes;
    this.#intervalMs = intervalMs;
  }

  /** Queues `line`, which must end with a newline. Never throws and never waits; a line that does not fit is counted as lost. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#queuedBytes + bytes.length > this.#maxBytes) this.#lose(1);
    else this.#add(bytes);
  }

  /** Resolves when all queued lines are written or lost, or after `timeoutMs`. The result is true if the queue is empty. */
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

  /** Queues the report of lost lines, or tries again later if the queue is full. */
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
