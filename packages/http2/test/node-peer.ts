/** Connects a session of node:http2 to one of our connections, without sockets. */
import http2 from "node:http2";
import { Duplex } from "node:stream";
import type { Connection } from "../src/connection.ts";

/**
 * Acts as the socket of node:http2. `connection` receives the bytes that node:http2 writes, and node:http2 reads the
 * bytes that `connection` sends.
 */
export class Wire extends Duplex {
  readonly #connection: () => Connection;
  /** All bytes that node:http2 has written. Only filled if `records` is true. */
  readonly written: Uint8Array[] = [];
  /** Whether to record the bytes in `written`. */
  records = false;

  constructor(connection: () => Connection) {
    super();
    this.#connection = connection;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.records) this.written.push(chunk.slice());
    this.#connection().receive(chunk, 0);
    // The output is deferred, because node:http2 must not receive data while it writes.
    setImmediate(() => this.flush());
    done();
  }

  override _read(): void {}

  /** Passes the output of our connection on to node:http2. */
  flush(): void {
    if (this.destroyed) return;
    const connection = this.#connection();
    for (let chunks = connection.take(); chunks.length > 0; chunks = connection.take()) {
      for (const chunk of chunks) this.push(Buffer.from(chunk));
    }
  }
}

/** Creates a client session of node:http2 on `wire`. */
export function nodeClient(wire: Wire, settings: http2.Settings = {}): http2.ClientHttp2Session {
  return http2.connect("http://host", { createConnection: () => wire, settings, maxHeaderListPairs: 1000 });
}
