/** Distributes calls over connections to one or several servers that have the same master key. */
import type { SecureClientSessionOptions } from "node:http2";
import { Http2Connection, type Keepalive } from "./http2-connection.ts";

const FIRST_EJECTION_MS = 1_000;
const LONGEST_EJECTION_MS = 60_000;

/** A server of the pool. */
class Server {
  readonly origin: string;
  #failures = 0;
  #ejectedUntil = 0;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** When calls may be sent to the server again, on the clock of performance.now(). */
  get ejectedUntil(): number {
    return this.#ejectedUntil;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#ejectedUntil = 0;
  }

  /** Takes the server out of the rotation, each time for twice as long as the time before. */
  unavailable(): void {
    const ms = Math.min(LONGEST_EJECTION_MS, FIRST_EJECTION_MS * 2 ** this.#failures++);
    this.#ejectedUntil = performance.now() + ms;
  }
}

/** A connection and its server. */
export interface Place {
  readonly server: Server;
  readonly connection: Http2Connection;
}

/** The servers of a pool, and how to connect to them. */
export interface PoolOptions {
  /** The URLs of the servers, `http://host:port` or `https://host:port`. */
  readonly origins: readonly string[];
  /** How many connections to open to each server. */
  readonly connections: number;
  readonly session: SecureClientSessionOptions;
  readonly keepalive: Keepalive;
}

/** Returns connections in turn. Servers that were unavailable are left out for a while. */
export class Http2Pool {
  readonly #places: readonly Place[];
  #turn = 0;

  constructor({ origins, connections, session, keepalive }: PoolOptions) {
    const servers = origins.map((origin) => new Server(origin));
    // The connections of different servers alternate, so that consecutive calls go to different servers.
    this.#places = Array.from({ length: connections }, () =>
      servers.map((server) => ({ server, connection: new Http2Connection(server.origin, session, keepalive) })),
    ).flat();
  }

  /** Returns the next connection. If all servers are left out, it is that of the server that returns soonest. */
  next(): Place {
    const now = performance.now();
    let best: Place | undefined;
    for (const _ of this.#places) {
      this.#turn = (this.#turn + 1) % this.#places.length;
      const place = this.#places[this.#turn]!;
      if (place.server.ejectedUntil <= now) return place;
      if (best === undefined || place.server.ejectedUntil < best.server.ejectedUntil) best = place;
    }
    return best!;
  }

  /** Ends all connections and the calls on them. */
  close(): void {
    for (const { connection } of this.#places) connection.close();
  }
}
