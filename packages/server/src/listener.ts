/** One open port: plaintext or TLS, HTTP/2 and HTTP/1.1 told apart on every connection. */
import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, Server as TlsServer } from "node:tls";
import { HTTP2_LIMITS, type SessionLimits, superviseSession } from "./http2-session.ts";
import type { NodeRequest, NodeResponse } from "./node.ts";
import type { Listener, ListenOptions, Peer, TlsOptions } from "./options.ts";
import { certificateOf, secureContextOptions, tlsServerOptions } from "./tls.ts";

const HEADER_TIMEOUT_MS = 10_000;
/** How the first bytes of HTTP/2 begin ("PRI * HTTP/2.0"); no method of HTTP/1.1 does. */
const PREFACE = Buffer.from("PRI");

/** What the server gives its listeners. */
export interface ListenerOptions extends SessionLimits {
  readonly handle: (request: NodeRequest, response: NodeResponse) => void;
  /** Answers a stream of HTTP/2 itself, or answers false: then it goes to `handle` as request and response. */
  readonly handleStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;
  /** Whether one more connection may be served. */
  readonly mayConnect: () => boolean;
  readonly bodyTimeoutMs: number;
}

/** A port and its connections. */
export class OpenPort implements Listener {
  readonly #options: ListenerOptions;
  readonly #server: NetServer | TlsServer;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #peers = new WeakMap<object, Peer>();
  #address: AddressInfo | undefined;

  constructor(options: ListenerOptions, tls: TlsOptions | undefined) {
    this.#options = options;
    this.#server =
      tls === undefined
        ? createNetServer({ noDelay: true }, (socket) => this.#sortByPreface(socket))
        : createTlsServer({ ...tlsServerOptions(tls), noDelay: true }, (socket) => this.#sortByAlpn(socket));
    this.#server.on("connection", (socket: Socket) => this.#count(socket));
    this.#http1 = createHttp1Server(
      {
        headersTimeout: HEADER_TIMEOUT_MS,
        requestTimeout: HEADER_TIMEOUT_MS + options.bodyTimeoutMs,
        keepAliveTimeout: options.idleTimeoutMs,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: HTTP2_LIMITS.settings.maxHeaderListSize,
      },
      options.handle,
    );
    this.#http1.maxHeadersCount = HTTP2_LIMITS.maxHeaderListPairs;
    // This server is given its connections and never listens itself, but its timeouts start with this event.
    this.#http1.emit("listening");
    this.#http2 = createHttp2Server(HTTP2_LIMITS);
    // This one is given streams instead of connections, to make requests and responses of them.
    const requests = createHttp2Server(options.handle);
    this.#http2.on("stream", (stream, ...head) => {
      if (!options.handleStream(stream, head[0])) requests.emit("stream", stream, ...head);
    });
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      superviseSession(session, options);
    });
  }

  /** Errors: those of node:net, such as EADDRINUSE. */
  async open({ host = "127.0.0.1", port = 9876 }: Pick<ListenOptions, "host" | "port">): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, resolve);
    await promise;
    this.#server.off("error", reject);
    this.#address = this.#server.address() as AddressInfo;
    return this;
  }

  get host(): string {
    return this.#address?.address ?? "";
  }

  get port(): number {
    return this.#address?.port ?? 0;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  setTls(tls: TlsOptions): void {
    if (!(this.#server instanceof TlsServer)) throw new TypeError("a plaintext listener has no certificate");
    this.#server.setSecureContext(secureContextOptions(tls));
  }

  /** The other end of the connection that brought `request`; found out once per connection. */
  peerOf(request: NodeRequest | ServerHttp2Stream): Peer {
    const socket = socketOf(request);
    if (socket === undefined) return { address: undefined };
    const known = this.#peers.get(socket);
    if (known !== undefined) return known;
    const certificate = certificateOf(socket);
    const peer = { address: socket.remoteAddress, ...(certificate === undefined ? {} : { certificate }) };
    this.#peers.set(socket, peer);
    return peer;
  }

  #count(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    if (!this.#options.mayConnect()) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #sortByAlpn(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    (socket.alpnProtocol === "h2" ? this.#http2 : this.#http1).emit("connection", socket);
  }

  /** Waits for the first bytes, puts them back and passes the connection on. */
  #sortByPreface(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), HEADER_TIMEOUT_MS);
    socket.once("close", () => clearTimeout(timer));
    let seen = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const begins = PREFACE.subarray(0, seen.length).equals(seen.subarray(0, PREFACE.length));
      if (begins && seen.length < PREFACE.length) return;
      clearTimeout(timer);
      socket.off("data", onData);
      socket.pause();
      socket.unshift(seen);
      (begins ? this.#http2 : this.#http1).emit("connection", socket);
      if (!begins) socket.resume();
    };
    socket.on("data", onData);
  }

  /** Takes no more connections and lets the present ones finish what they do; cuts what is left when `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    const sweep = setInterval(() => this.#http1.closeIdleConnections(), 50);
    this.#http1.closeIdleConnections();
    const cut = (): void => {
      for (const socket of this.#sockets) socket.destroy();
    };
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
    await closed;
    clearInterval(sweep);
    this.#http1.close();
    this.#http2.close();
  }
}

function socketOf(request: NodeRequest | ServerHttp2Stream): Socket | undefined {
  if ("session" in request) return request.session?.socket;
  if ("stream" in request) return request.stream.session?.socket ?? request.socket;
  return request.socket;
}
