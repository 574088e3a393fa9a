/**
 * The connections of a server: how many there may be, and which give way when there are too many. Everybody can connect, so
 * a place is not kept by being there but by calls that were admitted; else one host could shut out all others with
 * connections that do nothing, or nothing but watch the server's health.
 */

import { CUT_CONNECTION, EMPTY_CONNECTION, KNOWN_CALLER, MisuseByNetwork } from "../limits/misuse.ts";
import type { Connection, ConnectionKeeper } from "./connection.ts";

/** A stranger has this long for TLS and its first call, while others have been quiet for QUIET_MS. */
const PATIENCE_MS = 1_000;
/** A client without calls for this long may be asked to connect anew. */
const QUIET_MS = 30_000;
const LONGEST_SWEEP_MS = 10_000;
/** How often streams are counted that nobody has seen. */
const COUNT_MS = 100;

/** How many connections there may be, and for how long without calls. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly idleTimeoutMs: number;
}

/** All open connections, in the order in which they began. */
export class Connections implements ConnectionKeeper {
  readonly #limits: ConnectionLimits;
  readonly #open = new Set<Connection>();
  readonly #perNetwork = new Map<string, number>();
  readonly #misuse = new MisuseByNetwork();
  readonly #sweep: NodeJS.Timeout;
  readonly #count: NodeJS.Timeout;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(limits.idleTimeoutMs, LONGEST_SWEEP_MS)).unref();
    this.#count = setInterval(() => this.#countUnseen(), COUNT_MS).unref();
  }

  /**
   * Adds `newcomer`, if need be in place of another connection. Returns false if all others are in use, or if too many come
   * from a network that has misused the server.
   */
  add(newcomer: Connection): boolean {
    const { network } = newcomer;
    if (!this.#misuse.mayConnect(network)) return false;
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const neighbours = this.#perNetwork.get(network) ?? 0;
    if (neighbours >= maxConnectionsPerAddress) {
      if (!this.#makeRoom(network)) return false;
    } else if (this.#open.size >= maxConnections) {
      if (!this.#makeRoom()) return false;
    }
    this.#open.add(newcomer);
    newcomer.keeper = this;
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    return true;
  }

  /** `connection` has ended; it may be told twice. */
  remove(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const left = (this.#perNetwork.get(connection.network) ?? 0) - 1;
    if (left > 0) this.#perNetwork.set(connection.network, left);
    else this.#perNetwork.delete(connection.network);
    if (connection.requests === 0) this.#misuse.spend(connection.network, EMPTY_CONNECTION);
  }

  misused(connection: Connection, times: number): boolean {
    const left = connection.misuse.spend(times, performance.now());
    if (connection.isStranger) {
      const kept = this.#misuse.spend(connection.network, times) && left;
      // Otherwise the allowance of a network would hover around zero, and it could reconnect as often as it likes.
      if (!kept) this.#misuse.spend(connection.network, CUT_CONNECTION);
      return kept;
    }
    // So that reconnecting and making one good call is no way around it.
    if (!left) this.#misuse.spend(connection.network, KNOWN_CALLER.burst);
    return left;
  }

  broken({ network }: Connection): void {
    this.#misuse.spend(network, CUT_CONNECTION);
  }

  isRestricted({ network }: Connection): boolean {
    return this.#misuse.isRestricted(network);
  }

  /** Watches over no connections any more. */
  close(): void {
    clearInterval(this.#sweep);
    clearInterval(this.#count);
  }

  #makeRoom(network?: string): boolean {
    const connection = this.#leastUseful(network);
    if (connection === undefined) return false;
    this.remove(connection);
    connection.cut();
    return true;
  }

  /**
   * Of all connections, or those of `network`: the oldest stranger whom PATIENCE_MS were given, else who has been without
   * calls for longest and at least QUIET_MS, else the oldest stranger; undefined when everybody calls.
   */
  #leastUseful(network: string | undefined): Connection | undefined {
    const now = performance.now();
    let quietest: Connection | undefined;
    let stranger: Connection | undefined;
    for (const connection of this.#open) {
      if (network !== undefined && connection.network !== network) continue;
      const quietMs = connection.quietMs(now);
      if (connection.isStranger) {
        if (quietMs >= PATIENCE_MS) return connection;
        stranger ??= connection;
      } else if (quietMs >= (quietest?.quietMs(now) ?? QUIET_MS)) {
        quietest = connection;
      }
    }
    return quietest ?? stranger;
  }

  #countUnseen(): void {
    for (const connection of this.#open) connection.countUnseen();
  }

  #endIdle(): void {
    const now = performance.now();
    for (const connection of this.#open) {
      if (connection.quietMs(now) >= this.#limits.idleTimeoutMs) connection.end();
    }
  }
}
