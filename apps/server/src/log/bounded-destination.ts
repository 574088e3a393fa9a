/**
 * Writes log lines to a sink through a bounded queue, so that callers never wait. If the reader of the log stalls or its disk is
 * full, lines are lost. Their number is reported once the sink accepts lines again, at most once a second.
 */

/** The file, pipe or terminal to which the queued lines are written. */
export interface Sink {
  /** How many bytes to write at once. A longer line is written alone. */
  readonly chunkBytes: number;
  /** Resolves when `bytes` are written, and rejects when they are lost. Only one write is under way at a time. */
  write(bytes: Uint8Array): Promise<void>;
}

interface DestinationOptions {
  /** Returns the line that reports `count` lost lines, without a newline. */
  readonly reportLost: (count: number) => string;
  /** Maximum size of the queue in bytes; default 1 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds to wait after a failed write, and between two reports; default 1,000. */
  readonly intervalMs?: number;
}

/** A destination for pino or another logger that writes whole lines. */
export class BoundedDestination {
  readonly #sink: Sink;
  readonly #options: Required<DestinationOptions>;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #lost = 0;
  /** Whether a write is under way or scheduled. */
  #busy = false;
  #report: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(sink: Sink, options: DestinationOptions) {
    this.#sink = sink;
    this.#options = { maxBytes: 1024 * 1024, intervalMs: 1_000, ...options };
  }

  /** Queues `line`, which must end with a newline. A line that does not fit is counted as lost. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#queuedBytes + bytes.length > this.#options.maxBytes) this.#lose(1);
    else this.#add(bytes);
  }

  /** Waits at most `timeoutMs` until all queued lines are written or lost. Returns whether the queue is empty. */
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
    // The write is deferred, so that all lines of one turn of the event loop are written together.
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const lines = this.#takeChunk();
      try {
        await this.#sink.write(lines.length === 1 ? lines[0]! : Buffer.concat(lines));
      } catch {
        this.#lose(lines.length);
        await new Promise((resolve) => setTimeout(resolve, this.#options.intervalMs).unref());
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
    this.#report ??= setTimeout(() => this.#reportNow(), this.#options.intervalMs).unref();
  }

  /** Queues the report of lost lines. If the queue is full, tries again later. */
  #reportNow(): void {
    clearTimeout(this.#report);
    this.#report = undefined;
    if (this.#lost === 0) return;
    const bytes = Buffer.from(`${this.#options.reportLost(this.#lost)}\n`);
    if (this.#queuedBytes + bytes.length > this.#options.maxBytes) {
      this.#lose(0);
      return;
    }
    this.#lost = 0;
    this.#add(bytes);
  }
}
