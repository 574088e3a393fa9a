/**
 * Limits the number of a server's connections, and decides which connection is replaced if there are too many. Only
 * admitted calls protect a connection from being replaced. Otherwise one host could use up the limit with connections
 * that do nothing or only watch the server's health.
 */

import { ADMITTED, CLOSED_CONNECTION, EMPTY_CONNECTION, MisuseByNetwork } from "../limits/misuse.ts";
import type { Connection, ConnectionKeeper, NetworkUse } from "./connection.ts";

/** How many milliseconds an unauthenticated connection has for its TLS handshake and its first call. */
const GRACE_MS = 1_000;
/** A connection that has had no call for this many milliseconds may be replaced. */
const QUIET_MS = 30_000;
const LONGEST_SWEEP_MS = 10_000;
/** How many milliseconds pass between two calls of `Session.tick`. */
const TICK_MS = 100;

/** Limits the number of connections, and how long they may be idle. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly idleTimeoutMs: number;
}

/** All open connections, in the order in which they began. */
export class Connections implements ConnectionKeeper {
  readonly #limits: ConnectionLimits;
  readonly #open = new Set<Connection>();
  readonly #perNetwork = new Map<string, NetworkUse>();
  readonly #misuse = new MisuseByNetwork();
  readonly #sweep: NodeJS.Timeout;
  readonly #ticks: NodeJS.Timeout;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(limits.idleTimeoutMs, LONGEST_SWEEP_MS)).unref();
    this.#ticks = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /**
   * Adds `connection`, which may replace another one. Returns false if all others are in use, or if its network has
   * misused the server and may not open another connection now.
   */
  add(connection: Connection): boolean {
    const { network } = connection;
    if (!this.#misuse.mayConnect(network)) return false;
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const neighbours = this.#perNetwork.get(network)?.connections ?? 0;
    if (neighbours >= maxConnectionsPerAddress) {
      if (!this.#replaceOne(network)) return false;
    } else if (this.#open.size >= maxConnections) {
      if (!this.#replaceOne()) return false;
    }
    this.#open.add(connection);
    connection.keeper = this;
    const use = this.#perNetwork.get(network) ?? { connections: 0, waiting: 0 };
    use.connections += 1;
    this.#perNetwork.set(network, use);
    connection.use = use;
    return true;
  }

  /** Removes `connection`, which has ended. Does nothing if it was removed before. */
  remove(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    connection.use.connections -= 1;
    if (connection.use.connections === 0) this.#perNetwork.delete(connection.network);
    if (connection.requests === 0) this.#misuse.spend(connection.network, EMPTY_CONNECTION);
  }

  misused(connection: Connection, times: number): boolean {
    const left = connection.misuse.spend(times, performance.now());
    if (connection.isUnauthenticated) {
      const kept = this.#misuse.spend(connection.network, times) && left;
      // A closed connection costs more tokens than its misuse, because otherwise the network would soon have tokens
      // again and could reconnect.
      if (!kept) this.#misuse.spend(connection.network, CLOSED_CONNECTION);
      return kept;
    }
    // The network loses its whole allowance, because otherwise a client could evade the limit by reconnecting and
    // making one good call.
    if (!left) this.#misuse.spend(connection.network, ADMITTED.burst);
    return left;
  }

  broken({ network }: Connection): void {
    this.#misuse.spend(network, CLOSED_CONNECTION);
  }

  isRestricted({ network }: Connection): boolean {
    return this.#misuse.isRestricted(network);
  }

  /** Stops the timers. Connections are no longer checked. */
  close(): void {
    clearInterval(this.#sweep);
    clearInterval(this.#ticks);
  }

  #replaceOne(network?: string): boolean {
    const connection = this.#leastUseful(network);
    if (connection === undefined) return false;
    this.remove(connection);
    connection.cut();
    return true;
  }

  /**
   * Selects the connection to replace, among those of `network` or among all. Returns the first of these that exists,
   * or undefined if all connections are in use:
   * 1. the oldest unauthenticated connection that is past GRACE_MS;
   * 2. the connection that has been idle longest, and at least for QUIET_MS;
   * 3. the oldest unauthenticated connection.
   */
  #leastUseful(network: string | undefined): Connection | undefined {
    const now = performance.now();
    let quietest: Connection | undefined;
    let unauthenticated: Connection | undefined;
    for (const connection of this.#open) {
      if (network !== undefined && connection.network !== network) continue;
      const quietMs = connection.quietMs(now);
      if (connection.isUnauthenticated) {
        if (quietMs >= GRACE_MS) return connection;
        unauthenticated ??= connection;
      } else if (quietMs >= (quietest?.quietMs(now) ?? QUIET_MS)) {
        quietest = connection;
      }
    }
    return quietest ?? unauthenticated;
  }

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#open) connection.session?.tick(now);
  }

  #endIdle(): void {
    const now = performance.now();
    for (const connection of this.#open) {
      if (connection.quietMs(now) >= this.#limits.idleTimeoutMs) connection.end();
    }
  }
}
