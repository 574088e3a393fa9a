/** A session of node:http2 that talks to a connection of ours without sockets. */
import http2 from "node:http2";
import { Duplex } from "node:stream";
import type { Connection } from "../src/connection.ts";

/** What node:http2 takes for a socket: what it writes is received by `connection`, what that has to write is read. */
export class Wire extends Duplex {
  readonly #connection: () => Connection;
  /** All that node:http2 has written. */
  readonly written: Uint8Array[] = [];
  /** Whether `written` is kept. */
  records = false;

  constructor(connection: () => Connection) {
    super();
    this.#connection = connection;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.records) this.written.push(chunk.slice());
    this.#connection().receive(chunk, 0);
    // Not at once: node:http2 must not be given something to read while it writes.
    setImmediate(() => this.flush());
    done();
  }

  override _read(): void {}

  /** Passes on what our connection has to write. */
  flush(): void {
    if (this.destroyed) return;
    const connection = this.#connection();
    for (let chunks = connection.take(); chunks.length > 0; chunks = connection.take()) {
      for (const chunk of chunks) this.push(Buffer.from(chunk));
    }
  }
}

/** A client session of node:http2 on `wire`. */
export function nodeClient(wire: Wire, settings: http2.Settings = {}): http2.ClientHttp2Session {
  return http2.connect("http://host", { createConnection: () => wire, settings, maxHeaderListPairs: 1000 });
}
