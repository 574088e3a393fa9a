/** Limits the open calls of the health service, which require no credentials. */
import type { Connection } from "../listener/connection.ts";

/** How many health checks and watches may be open at once over one connection. */
const MAX_PER_CONNECTION = 4;

/** Limits the number of watches to that of connections, in total and per network. */
export interface ProbeLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/**
 * Counts the open health calls of one server. Watches are limited in total and by network. Checks are not, because they end at
 * once.
 */
export class Probes {
  readonly #limits: ProbeLimits;
  #watches = 0;
  readonly #watchesOf = new Map<string, number>();

  constructor(limits: ProbeLimits) {
    this.#limits = limits;
  }

  /** Counts a health call over `connection` until the returned function is called. Returns undefined if there are too many. */
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
