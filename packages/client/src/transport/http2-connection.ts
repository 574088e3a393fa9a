/** A place for one HTTP/2 connection to a server. */
import * as http2 from "node:http2";

/** How a dead connection is noticed, in milliseconds. */
export interface Keepalive {
  /** A ping goes out when nothing was heard for this long and a call is open or about to begin. */
  readonly intervalMs: number;
  /** A ping that is not answered within this ends the connection. */
  readonly timeoutMs: number;
}

/**
 * For every connection of a client. node:http2 counts what waits to be sent as memory of the session, and beyond 10 MB of it
 * refuses the answers that come in; it is the program's own data, in memory anyway, and flow control holds it back. The
 * window of a stream begins large enough for most answers to come without a pause.
 */
export const SESSION_OPTIONS = {
  maxSessionMemory: 1_000_000,
  settings: { enablePush: false, initialWindowSize: 1 << 20 },
} as const satisfies http2.SecureClientSessionOptions;

const CONNECT_TIMEOUT_MS = 20_000;
/** Of the whole connection; the default of 64 KiB would hold up all answers together. */
const WINDOW_BYTES = 4 << 20;

/** Bun 1.4 stops reading after 64 KiB when the window is widened: it counts it as wide, and does not tell the server. */
const WIDENS_WINDOW = !("bun" in process.versions);

/** A connection that the first call opens, and that is replaced when it has ended or the server asks it to (GOAWAY). */
export class Http2Connection {
  readonly #open: () => LiveSession;
  #current: LiveSession | undefined;

  constructor(origin: string, options: http2.SecureClientSessionOptions, keepalive: Keepalive) {
    this.#open = () => new LiveSession(http2.connect(origin, { ...SESSION_OPTIONS, ...options }), keepalive);
  }

  /** A new stream. It waits while the connection comes about, and fails with the reason when it does not. */
  request(headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream {
    if (!this.#current?.usable) this.#current = this.#open();
    return this.#current.request(headers);
  }

  /** Ends the connection and the calls on it. */
  close(): void {
    this.#current?.session.destroy();
  }
}

/** A connection that has begun. Only while it has streams does it keep the process alive. */
class LiveSession {
  readonly session: http2.ClientHttp2Session;
  readonly #keepalive: Keepalive;
  #streams = 0;
  #heardAt = performance.now();

  constructor(session: http2.ClientHttp2Session, keepalive: Keepalive) {
    this.session = session;
    this.#keepalive = keepalive;
    const late = setTimeout(() => session.destroy(timedOut("no connection came about in time")), CONNECT_TIMEOUT_MS);
    const check = setInterval(() => this.#streams > 0 && this.#pingAfterSilence(), keepalive.intervalMs).unref();
    session.unref();
    session.once("connect", () => {
      clearTimeout(late);
      // Node tells of the connection a tick later, when a caller may have closed it already.
      if (!session.destroyed && WIDENS_WINDOW) session.setLocalWindowSize(WINDOW_BYTES);
      this.#heardAt = performance.now();
    });
    // Every stream gets the error too.
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
    const late = setTimeout(() => session.destroy(timedOut("the server does not answer")), this.#keepalive.timeoutMs);
    session.once("close", () => clearTimeout(late));
    session.ping(() => {
      clearTimeout(late);
      this.#heardAt = performance.now();
    });
  }
}

/** Looks like the error of a socket, so that the call counts as one that may be repeated. */
function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
