/** One open port: plaintext or TLS, with HTTP/2 or HTTP/1.1 on each connection. */
import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import type { Http2Server } from "node:http2";
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { MAX_HEAD_BYTES } from "../limits/head-limit.ts";
import type { Grep11ServerOptions, Listener, ListenerAddress, ListenOptions, TlsOptions } from "../options.ts";
import type { HttpExchange } from "../routes/http-exchange.ts";
import { Http2Exchange } from "../routes/http2-exchange.ts";
import { NodeExchange } from "../routes/node-exchange.ts";
import { listenOn } from "./bind.ts";
import { Connection } from "./connection.ts";
import { Http2Socket } from "./http2-socket.ts";
import { createNodeHttp2 } from "./node-http2.ts";
import type { SessionLimits } from "./session.ts";
import { certificateOf, namesClientAuth, secureContextOptions, tlsServerOptions } from "./tls.ts";

const HEADER_TIMEOUT_MS = 10_000;
/** How many milliseconds a connection has for its first admitted call while the server stops. */
const FIRST_CALL_MS = 1_000;
/** The first bytes of HTTP/2 ("PRI * HTTP/2.0"); no method of HTTP/1.1 begins with them. */
const PREFACE = Buffer.from("PRI");

/** The response to CONNECT, which only proxies implement. */
const NO_PROXY = "HTTP/1.1 405 Method Not Allowed\r\nallow: POST\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** What a server passes to its listeners. */
export interface ListenerOptions extends SessionLimits {
  readonly http2: "own" | "node";
  /** Responds to a request. */
  readonly handle: (exchange: HttpExchange) => void;
  /** Whether one more connection may be served. */
  readonly mayConnect: (connection: Connection) => boolean;
  readonly onDisconnect: (connection: Connection) => void;
  readonly onUnfitCertificate: Grep11ServerOptions["onUnfitCertificate"];
  readonly idleTimeoutMs: number;
}

/** A port and its connections. */
export class OpenPort implements Listener {
  readonly #options: ListenerOptions;
  /** The TLS options of all addresses; undefined for plaintext. */
  #tls: TlsOptions | undefined;
  #servers: readonly (NetServer | TlsServer)[] = [];
  #addresses: readonly ListenerAddress[] = [];
  readonly #http1: Http1Server;
  /** Only used with `http2: "node"`. */
  readonly #http2: Http2Server | undefined;
  /** Connections by their endpoints, which are the same for the sockets of TCP, TLS and HTTP/2. */
  readonly #connections = new Map<string, Connection>();
  /** Connections by their HTTP/1.1 socket. */
  readonly #known = new WeakMap<object, Connection>();
  #requireClientUsage: boolean;

  constructor(options: ListenerOptions, tls: TlsOptions | undefined) {
    this.#options = options;
    this.#requireClientUsage = requiresClientUsage(tls);
    this.#tls = tls;
    this.#http1 = createHttp1Server(
      {
        headersTimeout: HEADER_TIMEOUT_MS,
        requestTimeout: HEADER_TIMEOUT_MS + options.bodyTimeoutMs,
        keepAliveTimeout: options.idleTimeoutMs,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: MAX_HEAD_BYTES,
      },
      (request, response) => {
        const connection = this.#known.get(request.socket);
        if (connection === undefined) return;
        connection.requests += 1;
        options.handle(new NodeExchange(connection, request, response));
      },
    );
    // With a limit here, Node would silently drop fields; isSmallHead refuses the request instead.
    this.#http1.maxHeadersCount = 0;
    // Without this listener node:http closes the connection without a response.
    this.#http1.on("connect", (_request, socket) => socket.end(NO_PROXY));
    // This server never listens itself, because connections are passed to it, but its timeouts start with this event.
    this.#http1.emit("listening");
    if (options.http2 === "node") {
      this.#http2 = createNodeHttp2(
        options,
        (session) => this.#connections.get(endpointsOf(session.socket)),
        (...exchange) => options.handle(new NodeExchange(...exchange)),
      );
    }
  }

  /** Opens the port. Errors: those of `listenOn`, such as EADDRINUSE. */
  async open({ host = "127.0.0.1", port = 9876 }: Pick<ListenOptions, "host" | "port">): Promise<this> {
    this.#servers = await listenOn(() => this.#createServer(), typeof host === "string" ? [host] : host, port);
    this.#addresses = this.#servers.map((server) => {
      const { address, port: bound } = server.address() as AddressInfo;
      return { host: address, port: bound };
    });
    return this;
  }

  #createServer(): NetServer | TlsServer {
    const server =
      this.#tls === undefined
        ? createNetServer({ noDelay: true }, (socket) => this.#sortByPreface(socket))
        : createTlsServer({ ...tlsServerOptions(this.#tls), noDelay: true }, (socket) => this.#sortByAlpn(socket));
    return server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  get addresses(): readonly ListenerAddress[] {
    return this.#addresses;
  }

  get host(): string {
    return this.#addresses[0]?.host ?? "";
  }

  get port(): number {
    return this.#addresses[0]?.port ?? 0;
  }

  setTls(tls: TlsOptions): void {
    if (this.#tls === undefined) throw new TypeError("a plaintext listener has no certificate");
    const context = secureContextOptions(tls);
    for (const server of this.#servers) (server as TlsServer).setSecureContext(context);
    this.#tls = tls;
    this.#requireClientUsage = requiresClientUsage(tls);
  }

  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const connection = new Connection(socket);
    if (!this.#options.mayConnect(connection)) {
      socket.destroy();
      return;
    }
    const endpoints = endpointsOf(socket);
    this.#connections.set(endpoints, connection);
    socket.once("close", () => {
      // A client that has reset its connection may already have a new one with the same endpoints.
      if (this.#connections.get(endpoints) === connection) this.#connections.delete(endpoints);
      this.#options.onDisconnect(connection);
    });
  }

  #sortByAlpn(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    if (this.#requireClientUsage && !namesClientAuth(socket)) {
      this.#options.onUnfitCertificate?.({ address: socket.remoteAddress });
      socket.destroy();
      return;
    }
    const certificate = certificateOf(socket);
    if (certificate !== undefined) this.#connections.get(endpointsOf(socket))?.identify(certificate);
    this.#pass(socket, socket.alpnProtocol === "h2");
  }

  #pass(socket: Socket, isHttp2: boolean): void {
    const connection = this.#connections.get(endpointsOf(socket));
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    if (isHttp2 && this.#http2 === undefined) {
      const { handle } = this.#options;
      connection.session = new Http2Socket(socket, connection, this.#options, (stream, head, tooLarge, ended) => {
        const exchange = new Http2Exchange(connection, stream, head, tooLarge, ended);
        handle(exchange);
        return exchange;
      });
    } else if (isHttp2) {
      this.#http2?.emit("connection", socket);
    } else {
      this.#known.set(socket, connection);
      this.#http1.emit("connection", socket);
    }
  }

  /** Waits for the first bytes of a connection, which tell HTTP/2 from HTTP/1.1, puts them back and passes the connection on. */
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
      this.#pass(socket, begins);
      if (!begins) socket.resume();
    };
    socket.on("data", onData);
  }

  /** Accepts no more connections and lets running calls finish. Closes the remaining connections when `signal` is aborted. */
  async drain(signal: AbortSignal): Promise<void> {
    const closed = Promise.all(
      this.#servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve()))),
    );
    const began = performance.now();
    const sweepUp = (): void => {
      this.#http1.closeIdleConnections();
      this.#cut(performance.now() - began < FIRST_CALL_MS ? isUnused : ({ isUnauthenticated }) => isUnauthenticated);
    };
    for (const { session } of this.#connections.values()) session?.shutdown();
    const sweep = setInterval(sweepUp, 50);
    sweepUp();
    const cut = (): void => this.#cut(() => true);
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
    await closed;
    clearInterval(sweep);
    this.#http1.close();
    this.#http2?.close();
  }

  #cut(ends: (connection: Connection) => boolean): void {
    for (const connection of this.#connections.values()) if (ends(connection)) connection.cut();
  }
}

/** Whether nothing that could be a request has arrived, for example because TLS has not begun. */
function isUnused({ session, requests }: Connection): boolean {
  return session === undefined && requests === 0;
}

function requiresClientUsage(tls: TlsOptions | undefined): boolean {
  return tls?.clientCa !== undefined && tls.requireClientUsage !== false;
}

/** Returns a text that identifies a connection of a port. */
function endpointsOf({ remoteAddress, remotePort, localAddress }: Socket | TLSSocket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
