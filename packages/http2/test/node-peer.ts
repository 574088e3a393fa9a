/** Connects a session of node:http2 to a connection of ours without sockets. */
import http2 from "node:http2";
import { Duplex } from "node:stream";
import type { Connection } from "../src/connection.ts";

/**
 * Acts as the socket of node:http2: what node:http2 writes is received by `connection`, and what `connection` sends is read by
 * node:http2.
 */
export class Wire extends Duplex {
  readonly #connection: () => Connection;
  /** Everything that node:http2 has written. */
  readonly written: Uint8Array[] = [];
  /** Whether `written` is filled. */
  records = false;

  constructor(connection: () => Connection) {
    super();
    this.#connection = connection;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.records) this.written.push(chunk.slice());
    this.#connection().receive(chunk, 0);
    // Deferred, because node:http2 must not receive data while it writes.
    setImmediate(() => this.flush());
    done();
  }

  override _read(): void {}

  /** Passes on what our connection has to send. */
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
