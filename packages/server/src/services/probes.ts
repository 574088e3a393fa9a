/** Open calls of the health service: they need no credential, so their number is bounded. */
import type { Connection } from "../listener/connection.ts";

/** Health checks and watches that may be open at once over one connection. */
const MAX_PER_CONNECTION = 4;

/** How many watches there may be: one for each connection, on average. */
export interface ProbeLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** The open health calls of one server. Watches are bounded in total and by network; checks are not, since they end at once. */
export class Probes {
  readonly #limits: ProbeLimits;
  #watches = 0;
  readonly #watchesOf = new Map<string, number>();

  constructor(limits: ProbeLimits) {
    this.#limits = limits;
  }

  /** Counts a health call over `connection` until the returned function is called; undefined if there are too many. */
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
