/** Distributes calls over connections to one or several servers that have the same master key. */
import { Code, ConnectError } from "@connectrpc/connect";

const FIRST_EJECTION_MS = 1_000;
const LONGEST_EJECTION_MS = 60_000;

/** The availability of one server. */
class Server {
  #failures = 0;
  #ejectedUntil = 0;

  /** The time from which calls may be sent to the server again, as a value of performance.now(). */
  get ejectedUntil(): number {
    return this.#ejectedUntil;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#ejectedUntil = 0;
  }

  /** Leaves the server out of the rotation for a while. The time doubles with each failure in a row. */
  unavailable(): void {
    const now = performance.now();
    // All calls that were in progress when the server failed count as one failure.
    if (now >= this.#ejectedUntil) this.#failures += 1;
    this.#ejectedUntil = now + Math.min(LONGEST_EJECTION_MS, FIRST_EJECTION_MS * 2 ** (this.#failures - 1));
  }
}

/** One connection of the pool, and the server at its other end. */
interface PooledConnection<C> {
  readonly server: Server;
  readonly connection: C;
}

/** The servers of a pool, and how to connect to them. */
export interface PoolOptions<C> {
  /** The URLs of the servers, in the form `http://host:port` or `https://host:port`. */
  readonly origins: readonly string[];
  /** How many connections to open to each server. */
  readonly connections: number;
  /** Creates a connection object. Its first call opens the network connection. */
  readonly create: (origin: string) => C;
}

/** Uses its connections in turn. The connections of a server that was unavailable are left out for a while. */
export class Pool<C extends { close(): void }> {
  readonly #connections: readonly PooledConnection<C>[];
  #turn = 0;

  constructor({ origins, connections, create }: PoolOptions<C>) {
    const servers = origins.map((origin) => ({ origin, server: new Server() }));
    // The connections of different servers alternate, so that consecutive calls go to different servers.
    this.#connections = Array.from({ length: connections }, () =>
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
    for (const { connection } of this.#connections) connection.close();
  }

  /** Returns the next connection. If all servers are left out, chooses the server that may be used again soonest. */
  #next(): PooledConnection<C> {
    const now = performance.now();
    let best: PooledConnection<C> | undefined;
    for (const _ of this.#connections) {
      this.#turn = (this.#turn + 1) % this.#connections.length;
      const pooled = this.#connections[this.#turn]!;
      if (pooled.server.ejectedUntil <= now) return pooled;
      if (best === undefined || pooled.server.ejectedUntil < best.server.ejectedUntil) best = pooled;
    }
    return best!;
  }
}
