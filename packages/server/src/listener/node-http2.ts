/** The HTTP/2 layer that uses node:http2, for the setting `http2: "node"`. */
import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerOptions } from "node:http2";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import type { HttpExchange } from "../routes/http-exchange.ts";
import { NodeExchange } from "../routes/node-exchange.ts";
import type { Connection } from "./connection.ts";
import { type Session, type SessionLimits, spreadAge } from "./session.ts";

/** Codes of the errors with which node:http2 ends a session because the peer broke the protocol. */
const BREACHES: ReadonlySet<string> = new Set(["ERR_HTTP2_ERROR", "ERR_HTTP2_TOO_MANY_INVALID_FRAMES"]);

/**
 * Limits against floods: HPACK and header bombs, too many streams. nghttp2 resets a stream whose head is too large for it; its limit
 * is above that of isSmallHead, so that callers slightly over ours get a response. Resets are counted in misuse.ts, which can tell
 * clients whose calls timed out from an attack; Node cannot, so its bounds are set out of reach. In one read of the socket at
 * most maxConcurrentStreams can begin, and as many be rejected, before we count.
 */
const LIMITS = {
  // Counts responses that wait to be read. Beyond it Node would reset running calls; BodyBudget bounds the responses of all
  // connections and refuses further calls with an error instead.
  maxSessionMemory: 1_000_000,
  maxHeaderListPairs: 4 * MAX_HEAD_FIELDS,
  // Frames for which nghttp2 resets a stream, as exploited by CVE-2025-8671. Excess calls of a client that has not read our settings
  // yet are refused in the same way, so a few must be allowed.
  maxSessionInvalidFrames: 200,
  streamResetBurst: 100_000,
  streamResetRate: 10_000,
  maxSessionRejectedStreams: 100,
  settings: {
    enablePush: false,
    maxConcurrentStreams: 100,
    maxHeaderListSize: 4 * MAX_HEAD_BYTES,
  },
} as const satisfies ServerOptions;

/**
 * Creates a server to which connections are passed. `connectionOf` finds the connection of a session; requests are passed to
 * `handle`.
 */
export function createNodeHttp2(
  limits: SessionLimits,
  connectionOf: (session: ServerHttp2Session) => Connection | undefined,
  handle: (exchange: HttpExchange) => void,
): Http2Server {
  const sessions = new WeakMap<object, Connection>();
  const server = createServer(LIMITS, (request, response) => {
    const { stream } = request;
    const connection = stream.session === undefined ? undefined : sessions.get(stream.session);
    if (connection === undefined) return;
    connection.requests += 1;
    // The stream was reset at once, or its connection is being closed, so nobody waits for a response.
    if (connection.isCut || stream.closed || stream.destroyed) {
      stream.on("error", () => undefined).destroy();
      connection.misused();
    } else {
      handle(new NodeExchange(connection, request, response));
    }
  });
  server.on("session", (session) => {
    const connection = connectionOf(session);
    if (connection === undefined) return session.destroy();
    sessions.set(session, connection);
    connection.session = new NodeSession(session, connection, limits);
  });
  return server;
}

/** One session of node:http2. */
class NodeSession implements Session {
  readonly #session: ServerHttp2Session;
  readonly #connection: Connection;
  readonly #keepalive: SessionLimits["keepalive"];
  readonly #endsAt: number;
  #unseen = 0;
  #pingedAt = performance.now();
  #awaitsPong = false;

  constructor(session: ServerHttp2Session, connection: Connection, { keepalive, maxConnectionAgeMs }: SessionLimits) {
    this.#session = session;
    this.#connection = connection;
    this.#keepalive = keepalive;
    this.#endsAt = maxConnectionAgeMs === undefined ? Infinity : performance.now() + spreadAge(maxConnectionAgeMs);
    session.on("error", (error: NodeJS.ErrnoException) => {
      if (BREACHES.has(error.code ?? "")) connection.broken();
    });
  }

  get isClosing(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  widen(connectionBytes: number, streamBytes: number): void {
    if (this.#session.destroyed) return;
    this.#session.setLocalWindowSize(connectionBytes);
    this.#session.settings({ initialWindowSize: streamBytes });
  }

  shutdown(): void {
    if (!this.isClosing) this.#session.close();
  }

  destroy(code: number): void {
    if (this.#session.destroyed) return;
    this.#session.goaway(code);
    // GOAWAY is only sent after what Node is still processing.
    setImmediate(() => this.#session.destroy());
  }

  /** node:http2 closes a stream only when its data has been written. */
  whenWritten(listener: () => void): void {
    listener();
  }

  tick(now: number): void {
    if (this.#session.destroyed) return;
    this.#countUnseen();
    const { intervalMs, timeoutMs } = this.#keepalive;
    if (this.#awaitsPong && now - this.#pingedAt > timeoutMs) this.destroy(constants.NGHTTP2_NO_ERROR);
    else if (now > this.#endsAt) this.shutdown();
    else if (!this.#awaitsPong && now - this.#pingedAt > intervalMs && !this.isClosing) {
      this.#pingedAt = now;
      this.#awaitsPong = true;
      this.#session.ping(() => {
        this.#awaitsPong = false;
      });
    }
  }

  /**
   * Counts streams that never became a request, because nghttp2 refused their heads without an event: too many fields, or fields
   * that HTTP forbids. A client may skip stream numbers (RFC 9113 section 5.1.1), but has no reason to skip many.
   */
  #countUnseen(): void {
    if (this.#connection.isCut) return;
    const begun = Math.ceil((this.#session.state.lastProcStreamID ?? 0) / 2);
    const unseen = begun - this.#connection.requests - this.#unseen;
    if (unseen <= 0) return;
    this.#unseen += unseen;
    this.#connection.misused(unseen);
  }
}
