/** Limits how many calls of the health service are open, because they require no credentials. */
import type { Connection } from "../listener/connection.ts";

/** How many health checks and watches may be open at once over one connection. */
const MAX_PER_CONNECTION = 4;

/** The limits on the number of watches, which are the same as on the number of connections. */
export interface ProbeLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/**
 * Counts the open health calls of one server. Only watches are limited in total and by network, because checks end at
 * once.
 */
export class Probes {
  readonly #limits: ProbeLimits;
  #watches = 0;
  readonly #watchesOf = new Map<string, number>();

  constructor(limits: ProbeLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a health call over `connection` until the returned function is called. Returns undefined if too many are
   * open.
   */
  begin(connection: Connection, isWatch: boolean): (() => void) | undefined {
    if (connection.probes >= MAX_PER_CONNECTION || (isWatch && !this.#mayWatch(connection.network))) return undefined;
    connection.probes += 1;
    if (isWatch) this.#count(connection.network, 1);
    return () => {
      connection.probes -= 1;
      if (isWatch) this.#count(connection.network, -1);
    };
  }

  #mayWatch(network: string): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    return this.#watches < maxConnections && (this.#watchesOf.get(network) ?? 0) < maxConnectionsPerAddress;
  }

  #count(network: string, change: 1 | -1): void {
    this.#watches += change;
    const own = (this.#watchesOf.get(network) ?? 0) + change;
    if (own > 0) this.#watchesOf.set(network, own);
    else this.#watchesOf.delete(network);
  }
}
