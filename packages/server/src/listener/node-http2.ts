/** The HTTP/2 layer that uses node:http2, for the setting `http2: "node"`. */
import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerOptions } from "node:http2";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import type { HttpExchange } from "../routes/http-exchange.ts";
import { NodeExchange } from "../routes/node-exchange.ts";
import type { Connection } from "./connection.ts";
import { type Session, type SessionLimits, spreadAge } from "./session.ts";

/** The error codes with which node:http2 ends a session because the peer broke the protocol. */
const BREACHES: ReadonlySet<string> = new Set(["ERR_HTTP2_ERROR", "ERR_HTTP2_TOO_MANY_INVALID_FRAMES"]);

/**
 * Limits against HPACK bombs, header bombs and floods of streams.
 * - nghttp2 resets a stream whose head is too large. Its limit is higher than the limit of isSmallHead, so that a head
 *   that is only slightly too large gets a response.
 * - Resets are counted in misuse.ts, which can distinguish an attack from calls whose deadline has passed. Node's own
 *   limits on resets cannot, so they are set out of reach.
 * - In one read of the socket, at most maxConcurrentStreams streams can begin, and as many can be rejected, before
 *   misuse.ts counts them.
 */
const LIMITS = {
  // Node counts responses that wait to be read, and resets running calls beyond this limit. It is set out of reach,
  // because BodyBudget limits these responses and refuses further calls with an error.
  maxSessionMemory: 1_000_000,
  maxHeaderListPairs: 4 * MAX_HEAD_FIELDS,
  // How many invalid frames a client may send. For each, nghttp2 resets a stream, which is the attack of CVE-2025-8671.
  // Some must be allowed, because a client that has not read our settings yet may begin too many calls.
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
 * Creates a server that does not listen itself. The listener passes connections to it, and it passes requests to
 * `handle`. `connectionOf` returns the connection of a session.
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
    // The client reset the stream at once, or the connection is being closed. In both cases, no response is needed.
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
    // The session is destroyed later, because Node sends GOAWAY only after the current processing.
    setImmediate(() => this.#session.destroy());
  }

  /** Calls `listener` at once, because node:http2 closes a stream only when its data has been written. */
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
   * Counts streams that never became a request. nghttp2 emits no event if it refuses a head that has too many fields or
   * forbidden fields. Such streams show as gaps in the stream numbers. A client may also skip numbers (RFC 9113 section
   * 5.1.1), but has no reason to skip many.
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
