/** Distributes calls over connections to one or several servers that have the same master key. */
import { Code, ConnectError } from "@connectrpc/connect";

const FIRST_EJECTION_MS = 1_000;
const LONGEST_EJECTION_MS = 60_000;

/** A server of the pool. */
class Server {
  #failures = 0;
  #ejectedUntil = 0;

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
interface Place<C> {
  readonly server: Server;
  readonly connection: C;
}

/** The servers of a pool, and how to connect to them. */
export interface PoolOptions<C> {
  /** The URLs of the servers, `http://host:port` or `https://host:port`. */
  readonly origins: readonly string[];
  /** How many connections to open to each server. */
  readonly connections: number;
  /** Creates a connection, which is opened by its first call. */
  readonly create: (origin: string) => C;
}

/** Uses connections in turn. Servers that were unavailable are left out for a while. */
export class Pool<C extends { close(): void }> {
  readonly #places: readonly Place<C>[];
  #turn = 0;

  constructor({ origins, connections, create }: PoolOptions<C>) {
    const servers = origins.map((origin) => ({ origin, server: new Server() }));
    // The connections of different servers alternate, so that consecutive calls go to different servers.
    this.#places = Array.from({ length: connections }, () =>
      servers.map(({ origin, server }) => ({ server, connection: create(origin) })),
    ).flat();
  }

  /** Makes a call on the next connection. If it fails with UNAVAILABLE, its server is left out for a while. */
  async call<T>(make: (connection: C) => Promise<T>): Promise<T> {
    const { server, connection } = this.#next();
    try {
      const result = await make(connection);
      server.succeeded();
      return result;
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.Unavailable) server.unavailable();
      throw error;
    }
  }

  /** Ends all connections and the calls on them. */
  close(): void {
    for (const { connection } of this.#places) connection.close();
  }

  /** Returns the next connection. If all servers are left out, it is that of the server that returns soonest. */
  #next(): Place<C> {
    const now = performance.now();
    let best: Place<C> | undefined;
    for (const _ of this.#places) {
      this.#turn = (this.#turn + 1) % this.#places.length;
      const place = this.#places[this.#turn]!;
      if (place.server.ejectedUntil <= now) return place;
      if (best === undefined || place.server.ejectedUntil < best.server.ejectedUntil) best = place;
    }
    return best!;
  }
}
