/** One HTTP/2 connection on a socket, from the attempt to connect until the socket is closed. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import { withoutBrackets } from "@grep11/encoding";
import { ClientConnection, ErrorCode, errorName, type Stream, type StreamReceiver } from "@grep11/http2";
import { isConnectionError } from "./call-error.ts";

/** Says how to detect a dead connection. Times are in milliseconds. */
export interface Keepalive {
  /** A ping is sent if nothing was received for this long, and a call is open or about to begin. */
  readonly intervalMs: number;
  /** If a ping is not acknowledged within this time, the connection is closed. */
  readonly timeoutMs: number;
}

/** The options of an {@link Http2Socket}. */
export interface SocketOptions {
  readonly origin: string;
  readonly tls: ConnectionOptions;
  readonly keepalive: Keepalive;
}

/** The events of a connection. */
export interface SocketEvents {
  /** Called when another request may be started, or when this connection accepts no more requests. */
  available(): void;
  /** Called when the connection is closed. */
  closed(): void;
}

const CONNECT_TIMEOUT_MS = 20_000;
/**
 * The windows are so large that most responses arrive without a pause, even several at once. The budget is larger than
 * a server's default, because a client that gives up many calls receives many frames for closed streams.
 */
const LIMITS = {
  streamWindowBytes: 1 << 20,
  connectionWindowBytes: 4 << 20,
  budget: { most: 100_000, perSecond: 10_000, perStream: 10, perKibibyte: 1, resetCost: 1 },
};

/**
 * A connection that is open or being opened. It keeps the process alive only while it has streams or after
 * `hold(true)`.
 */
export class Http2Socket {
  readonly #socket: Socket;
  readonly #http2: ClientConnection;
  readonly #pseudoFields: readonly string[];
  readonly #keepalive: Keepalive;
  readonly #flush = (): void => this.#write();
  #isAborted = false;
  #isConnected = false;
  #isHeld = true;
  #isScheduled = false;
  #isStalled = false;
  /**
   * Ends the connection if a ping is not acknowledged in time. Undefined if no ping is waiting for its acknowledgement.
   */
  #pongTimer: NodeJS.Timeout | undefined;
  #heardAt = performance.now();
  #goawayCode: number = ErrorCode.NO_ERROR;
  #error: Error | undefined;

  constructor({ origin, tls, keepalive }: SocketOptions, events: SocketEvents) {
    const { protocol, host, hostname, port } = new URL(origin);
    const isSecure = protocol === "https:";
    this.#pseudoFields = [":method", "POST", ":scheme", isSecure ? "https" : "http", ":authority", host];
    this.#keepalive = keepalive;
    this.#http2 = new ClientConnection(
      {
        output: () => this.#schedule(),
        available: () => events.available(),
        goaway: (code) => {
          if (code !== ErrorCode.NO_ERROR) this.#goawayCode = code;
          events.available();
        },
      },
      LIMITS,
    );
    this.#http2.start();

    const address = { host: withoutBrackets(hostname), port: Number(port || (isSecure ? 443 : 80)), noDelay: true };
    const serverName = isIP(address.host) === 0 ? { servername: address.host } : {};
    const socket: Socket = isSecure
      ? connectTls({ ...address, ...serverName, ...tls, ALPNProtocols: ["h2"] })
      : connectTcp(address);
    this.#socket = socket;
    const late = setTimeout(
      () => socket.destroy(systemError("ETIMEDOUT", "the connection was not established in time")),
      CONNECT_TIMEOUT_MS,
    );
    const check = setInterval(
      () => this.#http2.openStreams > 0 && this.#pingAfterSilence(),
      keepalive.intervalMs,
    ).unref();
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      clearTimeout(late);
      if (isSecure && (socket as TLSSocket).alpnProtocol !== "h2") {
        socket.destroy(systemError("ERR_HTTP2_ERROR", "the server does not speak HTTP/2 (ALPN)"));
        return;
      }
      this.#isConnected = true;
      this.#heardAt = performance.now();
      this.#write();
    });
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("drain", () => {
      this.#isStalled = false;
      this.#write();
    });
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.once("close", () => {
      clearTimeout(late);
      clearInterval(check);
      clearTimeout(this.#pongTimer);
      this.#http2.disconnected();
      events.closed();
    });
  }

  /** Whether no more requests can be started on this connection. */
  get isClosing(): boolean {
    return this.#http2.isClosing || this.#http2.failure !== undefined || this.#socket.destroyed;
  }

  /** Whether a request may be started now. */
  get mayRequest(): boolean {
    return this.#http2.mayRequest;
  }

  /** Whether the connection was established, even if it has ended since. */
  get wasConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * The error for calls that were interrupted by the end of the connection. Undefined if the connection has not ended.
   */
  get failure(): ConnectError | undefined {
    const broken = this.#http2.failure;
    if (broken === undefined) return undefined;
    const error =
      this.#error ?? (broken.code === ErrorCode.NO_ERROR ? undefined : systemError("ERR_HTTP2_ERROR", broken.message));
    if (this.#isAborted) return abortedError();
    if (error !== undefined) {
      const code = "code" in error && isConnectionError(String(error.code)) ? Code.Unavailable : Code.Internal;
      return new ConnectError(error.message, code, undefined, undefined, error);
    }
    if (this.#goawayCode !== ErrorCode.NO_ERROR) return connectErrorOf(this.#goawayCode);
    return new ConnectError("the server closed the connection before it responded", Code.Unavailable);
  }

  /** Starts a request. May only be called if `mayRequest` is true. Throws TypeError for a field that HTTP forbids. */
  request(fields: readonly string[], receiver: StreamReceiver): Stream {
    this.#pingAfterSilence();
    return this.#http2.request([...this.#pseudoFields, ...fields], receiver);
  }

  /** Keeps the process alive if `isNeeded` is true or a stream is open. Otherwise the process may end. */
  hold(isNeeded: boolean): void {
    const isHeld = isNeeded || this.#http2.openStreams > 0;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Ends the connection because the program closes the transport. Its calls fail with CANCELED. */
  abort(): void {
    this.#isAborted = true;
    this.#socket.destroy();
  }

  #pingAfterSilence(): void {
    if (!this.#isConnected || this.#pongTimer !== undefined) return;
    if (performance.now() - this.#heardAt < this.#keepalive.intervalMs) return;
    this.#pongTimer = setTimeout(
      () => this.#socket.destroy(systemError("ETIMEDOUT", "the server does not respond")),
      this.#keepalive.timeoutMs,
    );
    this.#http2.ping(() => {
      clearTimeout(this.#pongTimer);
      this.#pongTimer = undefined;
    });
  }

  #receive(bytes: Buffer): void {
    this.#heardAt = performance.now();
    this.#http2.receive(bytes, this.#heardAt);
    this.#endIfOver();
  }

  /** Schedules a write, so that all bytes of one turn of the event loop are written together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  #write(): void {
    this.#isScheduled = false;
    const socket = this.#socket;
    while (this.#isConnected && !this.#isStalled && !socket.destroyed) {
      const chunks = this.#http2.take();
      if (chunks.length === 0) break;
      if (chunks.length > 1) socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      if (chunks.length > 1) socket.uncork();
      this.#isStalled = socket.writableNeedDrain;
    }
    this.#endIfOver();
  }

  /**
   * If the connection is over, closes the socket as soon as everything is written. After a failure, closes it at once
   * if the server does not read.
   */
  #endIfOver(): void {
    if (!this.#http2.isOver || this.#socket.writableEnded) return;
    if (this.#isStalled && this.#http2.failure !== undefined) this.#socket.destroy();
    else if (this.#http2.outputBytes === 0) this.#socket.destroySoon();
  }
}

/** Returns the error for calls that end because the program closed the transport. */
export function abortedError(): ConnectError {
  return new ConnectError("the transport was closed", Code.Canceled);
}

/**
 * Maps HTTP/2 error codes to a gRPC code and a text (gRPC over HTTP/2, "Errors"). All other error codes become
 * INTERNAL.
 */
const RESETS: ReadonlyMap<number, readonly [Code, string]> = new Map([
  [
    ErrorCode.ENHANCE_YOUR_CALM,
    [Code.ResourceExhausted, "the other end of the connection asks for fewer calls at once"],
  ],
  [ErrorCode.REFUSED_STREAM, [Code.Unavailable, "the server did not begin the call"]],
  [ErrorCode.CANCEL, [Code.Unavailable, "the server closed the connection before it responded"]],
  [ErrorCode.INADEQUATE_SECURITY, [Code.PermissionDenied, "the server asks for better encryption"]],
]);

/** Returns the error for a stream or connection that the server has ended with `code`. */
export function connectErrorOf(code: number): ConnectError {
  const [status, text] = RESETS.get(code) ?? [Code.Internal, "the stream was reset"];
  return new ConnectError(`${text} (HTTP/2 ${errorName(code)})`, status);
}

/**
 * Returns an error with a code, like the errors of sockets. `isConnectionError` decides by the code whether the call
 * may be repeated.
 */
function systemError(code: "ETIMEDOUT" | "ERR_HTTP2_ERROR", message: string): Error {
  return Object.assign(new Error(message), { code });
}
