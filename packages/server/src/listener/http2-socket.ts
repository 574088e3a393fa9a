/** Connects a socket to our own HTTP/2 layer: moves bytes between the two, and decides when the connection ends. */
import type { Socket } from "node:net";
import { DEFAULT_LIMITS, ServerConnection, type ServerEvents } from "@grep11/http2";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import type { Connection } from "./connection.ts";
import { type Session, type SessionLimits, spreadAge } from "./session.ts";
import { type Interrupted, turns } from "./turns.ts";

/**
 * The limits of the HTTP/2 layer. They are higher than the limits of isSmallHead, so that a head that is only slightly
 * too large gets an error response.
 */
const LIMITS = {
  maxHeaderListBytes: 4 * MAX_HEAD_BYTES,
  maxHeaderFields: 4 * MAX_HEAD_FIELDS,
  // Resets cost nothing here. misuse.ts counts them instead, because it can distinguish an attack from calls whose
  // deadline has passed.
  budget: { ...DEFAULT_LIMITS.budget, resetCost: 0 },
};
/** How many milliseconds a client has to read the last bytes and to close its side, before its socket is destroyed. */
const LINGER_MS = 500;

/** Implements one HTTP/2 connection on a socket. */
export class Http2Socket implements Session, Interrupted {
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #limits: SessionLimits;
  readonly #http2: ServerConnection;
  readonly #flush = (): void => this.#write();
  #scheduled = false;
  /** Bytes that were read from the socket and wait for the connection's next turn. */
  #unread: Buffer | undefined;
  /** How many requests have begun since the connection was last allowed to read. */
  #begun = 0;
  readonly #onWritten: (() => void)[] = [];
  /** The time when the socket stopped accepting data. Undefined if it accepts data. */
  #stalledAt: number | undefined;
  #pingedAt = performance.now();
  #awaitsPong = false;
  readonly #endsAt: number;

  /** Serves `socket` and passes its requests to `request`. */
  constructor(socket: Socket, connection: Connection, limits: SessionLimits, request: ServerEvents["request"]) {
    this.#socket = socket;
    this.#connection = connection;
    this.#limits = limits;
    this.#endsAt =
      limits.maxConnectionAgeMs === undefined ? Infinity : performance.now() + spreadAge(limits.maxConnectionAgeMs);
    this.#http2 = new ServerConnection(
      {
        output: () => this.#schedule(),
        request: (...args) => {
          this.#countRequest();
          return request(...args);
        },
        refused: () => {
          this.#countRequest();
          connection.misused();
        },
      },
      LIMITS,
    );
    this.#http2.start();
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    // The listener has paused the socket, because it had to read the preface first.
    socket.resume();
    socket.on("drain", () => {
      this.#stalledAt = undefined;
      this.#write();
    });
    socket.once("end", () => socket.end());
    socket.once("close", () => {
      this.#http2.disconnected();
      this.#written();
    });
  }

  get isClosing(): boolean {
    return this.#http2.isClosing || this.#http2.failure !== undefined;
  }

  widen(connectionBytes: number, streamBytes: number): void {
    this.#http2.widen(connectionBytes, streamBytes);
  }

  shutdown(): void {
    this.#http2.shutdown();
  }

  whenWritten(listener: () => void): void {
    this.#onWritten.push(listener);
    if (this.#socket.destroyed) this.#written();
    else this.#schedule();
  }

  destroy(code: number): void {
    this.#http2.abort(code, "the server ends the connection");
    this.#write();
    // A client that does not read cannot receive GOAWAY, so the socket is destroyed at once.
    if (this.#stalledAt !== undefined) this.#socket.destroy();
    if (this.#socket.destroyed) return;
    this.#socket.destroySoon();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  tick(now: number): void {
    const { keepalive, bodyTimeoutMs } = this.#limits;
    const stalled = this.#stalledAt !== undefined && now - this.#stalledAt > bodyTimeoutMs;
    if (stalled || (this.#awaitsPong && now - this.#pingedAt > keepalive.timeoutMs)) this.#socket.destroy();
    else if (now > this.#endsAt && !this.isClosing) this.shutdown();
    else if (!this.#awaitsPong && now - this.#pingedAt > keepalive.intervalMs) this.#ping(now);
  }

  #ping(now: number): void {
    this.#pingedAt = now;
    this.#awaitsPong = true;
    this.#http2.ping(() => {
      this.#awaitsPong = false;
    });
  }

  #countRequest(): void {
    this.#connection.requests += 1;
    this.#begun += 1;
    if (!turns.count(this.#begun)) this.#http2.pause();
  }

  #receive(bytes: Buffer): void {
    if (this.#http2.failure !== undefined) return;
    this.#begun = 0;
    const read = this.#http2.receive(bytes, performance.now());
    if (this.#http2.failure !== undefined) this.#connection.broken();
    if (read < bytes.length) {
      this.#unread = bytes.subarray(read);
      this.#socket.pause();
      turns.interrupt(this);
    }
    this.#endIfOver();
  }

  readOn(): void {
    const bytes = this.#unread;
    if (bytes === undefined) return;
    this.#unread = undefined;
    this.#socket.resume();
    this.#receive(bytes);
  }

  /** Schedules a write, so that all bytes of one turn of the event loop are written together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  #write(): void {
    this.#scheduled = false;
    const socket = this.#socket;
    while (this.#stalledAt === undefined && !socket.destroyed) {
      const chunks = this.#http2.take();
      if (chunks.length === 0) break;
      if (chunks.length > 1) socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      if (chunks.length > 1) socket.uncork();
      if (socket.writableNeedDrain) this.#stalledAt = performance.now();
    }
    if (this.#stalledAt === undefined) this.#written();
    this.#endIfOver();
  }

  #written(): void {
    if (this.#onWritten.length > 0) for (const listener of this.#onWritten.splice(0)) listener();
  }

  /**
   * If the connection is over, ends the socket as soon as everything is written. It is still read until the client
   * closes its side, for LINGER_MS at most. If a late frame met a closed socket, the client's system would report a
   * reset, and proxies such as HAProxy then lose responses that they have received but not passed on.
   */
  #endIfOver(): void {
    if (!this.#http2.isOver || this.#http2.outputBytes > 0 || this.#socket.writableEnded) return;
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }
}
