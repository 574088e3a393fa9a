/**
 * Shares the event loop between connections. After a number of requests, a connection stops reading so that others can
 * proceed. Otherwise the requests that a thousand connections can send at once would delay all others by seconds.
 */

/**
 * How many requests may begin in one turn of the event loop before connections are interrupted. They take a few
 * milliseconds.
 */
const MOST_REQUESTS = 128;
/** How many requests one connection may begin in its turn while other connections wait. */
const MOST_OF_ONE = 8;

/** A connection that was interrupted although it has more to read. */
export interface Interrupted {
  readOn(): void;
}

/** Decides which connection may read in which turn of the event loop. */
export class Turns {
  #requests = 0;
  #isScheduled = false;
  readonly #interrupted = new Set<Interrupted>();
  readonly #next = (): void => this.#begin();

  /**
   * Counts a request that begins. `ofConnection` is how many requests its connection has begun in its turn. Returns
   * whether the connection may begin one more.
   */
  count(ofConnection: number): boolean {
    this.#schedule();
    this.#requests += 1;
    return this.#requests < MOST_REQUESTS && (ofConnection < MOST_OF_ONE || this.#interrupted.size === 0);
  }

  /** Calls `readOn` in a later turn, after the connections that have waited longer. */
  interrupt(connection: Interrupted): void {
    this.#schedule();
    this.#interrupted.add(connection);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#next);
  }

  #begin(): void {
    this.#isScheduled = false;
    this.#requests = 0;
    for (const connection of this.#interrupted) {
      if (this.#requests >= MOST_REQUESTS) break;
      this.#interrupted.delete(connection);
      connection.readOn();
    }
    if (this.#interrupted.size > 0) this.#schedule();
  }
}

/** The only instance, because a process has one event loop. */
export const turns = new Turns();
