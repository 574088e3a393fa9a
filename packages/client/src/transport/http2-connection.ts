/** One HTTP/2 connection to a server, reopened when needed. */
import * as http2 from "node:http2";

/** How to detect a dead connection. Times are in milliseconds. */
export interface Keepalive {
  /** If nothing was received for this long and a call is open or about to begin, a ping is sent. */
  readonly intervalMs: number;
  /** If a ping is not acknowledged within this time, the connection is closed. */
  readonly timeoutMs: number;
}

/**
 * Options for every connection of a client. node:http2 counts data that waits to be sent towards the memory of the session, and
 * refuses incoming responses once there are 10 MB of it. That limit is of no use here: the data is the program's own, is in
 * memory anyway, and is held back by flow control. The initial window of a stream is large enough for most responses to arrive
 * without a pause.
 */
export const SESSION_OPTIONS = {
  maxSessionMemory: 1_000_000,
  settings: { enablePush: false, initialWindowSize: 1 << 20 },
} as const satisfies http2.SecureClientSessionOptions;

const CONNECT_TIMEOUT_MS = 20_000;
/**
 * Size in bytes of the window of the whole connection. With the default of 64 KiB, all responses would have to wait for each
 * other.
 */
const WINDOW_BYTES = 4 << 20;

/**
 * Whether widening the window works. Bun 1.4 stops reading after 64 KiB when the window is widened, because it widens its own
 * count but does not tell the server.
 */
const WIDENS_WINDOW = !("bun" in process.versions);

/** A connection that the first call opens. It is replaced after it has ended or the server has sent GOAWAY. */
export class Http2Connection {
  readonly #open: () => LiveSession;
  #current: LiveSession | undefined;

  constructor(origin: string, options: http2.SecureClientSessionOptions, keepalive: Keepalive) {
    this.#open = () => new LiveSession(http2.connect(origin, { ...SESSION_OPTIONS, ...options }), keepalive);
  }

  /** Opens a new stream. It waits until the connection is established; if that fails, the stream fails with the reason. */
  request(headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream {
    if (!this.#current?.usable) this.#current = this.#open();
    return this.#current.request(headers);
  }

  /** Ends the connection and the calls on it. */
  close(): void {
    this.#current?.session.destroy();
  }
}

/** A connection that has been opened. It keeps the process alive only while it has streams. */
class LiveSession {
  readonly session: http2.ClientHttp2Session;
  readonly #keepalive: Keepalive;
  #streams = 0;
  #heardAt = performance.now();

  constructor(session: http2.ClientHttp2Session, keepalive: Keepalive) {
    this.session = session;
    this.#keepalive = keepalive;
    const late = setTimeout(
      () => session.destroy(timedOut("the connection was not established in time")),
      CONNECT_TIMEOUT_MS,
    );
    const check = setInterval(() => this.#streams > 0 && this.#pingAfterSilence(), keepalive.intervalMs).unref();
    session.unref();
    session.once("connect", () => {
      clearTimeout(late);
      // Node reports the connection only on a later tick, when a caller may already have closed it.
      if (!session.destroyed && WIDENS_WINDOW) session.setLocalWindowSize(WINDOW_BYTES);
      this.#heardAt = performance.now();
    });
    // Ignored here, because every stream gets the error too.
    session.on("error", () => undefined);
    session.once("close", () => {
      clearTimeout(late);
      clearInterval(check);
    });
  }

  get usable(): boolean {
    return !this.session.closed && !this.session.destroyed;
  }

  request(headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream {
    this.#pingAfterSilence();
    const stream = this.session.request(headers);
    if (this.#streams++ === 0) this.session.ref();
    stream.once("response", () => {
      this.#heardAt = performance.now();
    });
    stream.once("close", () => {
      if (--this.#streams === 0) this.session.unref();
    });
    return stream;
  }

  #pingAfterSilence(): void {
    const { session } = this;
    if (session.connecting || performance.now() - this.#heardAt < this.#keepalive.intervalMs) return;
    const late = setTimeout(() => session.destroy(timedOut("the server does not respond")), this.#keepalive.timeoutMs);
    session.once("close", () => clearTimeout(late));
    session.ping(() => {
      clearTimeout(late);
      this.#heardAt = performance.now();
    });
  }
}

/** Returns an error that looks like a socket error, so that the call counts as one that may be repeated. */
function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
