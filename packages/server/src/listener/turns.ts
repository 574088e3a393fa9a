/**
 * Shares the event loop between connections: after a number of requests, those that have sent more let others proceed. Otherwise
 * the requests that a thousand connections can send at once would delay everyone else by seconds.
 */

/** How many requests begin in one turn of the event loop before connections are interrupted: a few milliseconds of work. */
const MOST_REQUESTS = 128;
/** How many of them may be of one connection while others wait. */
const MOST_OF_ONE = 8;

/** A connection that has more to read. */
export interface Interrupted {
  readOn(): void;
}

/** The turns of one event loop. */
export class Turns {
  #requests = 0;
  #isScheduled = false;
  readonly #interrupted = new Set<Interrupted>();
  readonly #next = (): void => this.#begin();

  /**
   * Counts a request that begins. `ofConnection` is how many its connection has begun since it was allowed to read. Returns whether
   * it may begin one more.
   */
  count(ofConnection: number): boolean {
    this.#schedule();
    this.#requests += 1;
    return this.#requests < MOST_REQUESTS && (ofConnection < MOST_OF_ONE || this.#interrupted.size === 0);
  }

  /** Calls `readOn` in a later turn, after those that have waited longer. */
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

/** The turns of this process. */
export const turns = new Turns();
