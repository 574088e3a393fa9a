/** One open port, with or without TLS. Each connection can use HTTP/2 or HTTP/1.1. */
import type { Http2Server, ServerHttp2Session } from "node:http2";
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { HEAD_TIMEOUT_MS } from "../limits/head-limit.ts";
import type { Grep11ServerOptions, Listener, ListenerAddress, ListenOptions, TlsOptions } from "../options.ts";
import type { HttpExchange } from "../routes/http-exchange.ts";
import { Http2Exchange } from "../routes/http2-exchange.ts";
import { listenOn } from "./bind.ts";
import { Connection } from "./connection.ts";
import { Http2Socket } from "./http2-socket.ts";
import type { NodeHttp1 } from "./node-http1.ts";
import type { SessionLimits } from "./session.ts";
import { certificateOf, namesClientAuth, secureContextOptions, tlsServerOptions } from "./tls.ts";

/** While the server stops, a connection without an admitted call is closed after this many milliseconds. */
const FIRST_CALL_MS = 1_000;
/** The first bytes of an HTTP/2 connection ("PRI * HTTP/2.0"). No method of HTTP/1.1 begins with them. */
const PREFACE = Buffer.from("PRI");

/** The settings and callbacks that a server passes to its listeners. */
export interface ListenerOptions extends SessionLimits {
  readonly http2: "own" | "node";
  readonly handle: (exchange: HttpExchange) => void;
  /** Returns whether one more connection may be served. */
  readonly mayConnect: (connection: Connection) => boolean;
  readonly onDisconnect: (connection: Connection) => void;
  readonly onUnfitCertificate: Grep11ServerOptions["onUnfitCertificate"];
  readonly idleTimeoutMs: number;
}

/** A port and its connections. */
export class OpenPort implements Listener {
  readonly #options: ListenerOptions;
  /** The TLS options of all addresses. Undefined for plaintext. */
  #tls: TlsOptions | undefined;
  #servers: readonly (NetServer | TlsServer)[] = [];
  #addresses: readonly ListenerAddress[] = [];
  #http1: NodeHttp1 | undefined;
  /** Only used with `http2: "node"`. */
  #http2: Http2Server | undefined;
  /**
   * The connections by the text of `endpointsOf`, which is the same for the TCP socket, the TLS socket and the HTTP/2
   * session of a connection.
   */
  readonly #connections = new Map<string, Connection>();
  #requireClientUsage: boolean;

  constructor(options: ListenerOptions, tls: TlsOptions | undefined) {
    this.#options = options;
    this.#requireClientUsage = requiresClientUsage(tls);
    this.#tls = tls;
  }

  /** Opens the port. Throws the errors of `listenOn`, such as EADDRINUSE. */
  async open({ host = "127.0.0.1", port = 9876 }: Pick<ListenOptions, "host" | "port">): Promise<this> {
    if (this.#options.http2 === "node") {
      const { createNodeHttp2 } = await import("./node-http2.ts");
      const sessionOwner = ({ socket }: ServerHttp2Session) => this.#connections.get(endpointsOf(socket));
      this.#http2 = createNodeHttp2(this.#options, sessionOwner, this.#options.handle);
    }
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
      // Deletes only this connection. If the client reset it, a new connection may already have the same endpoints.
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
      void this.#serveHttp1(socket, connection);
    }
  }

  async #serveHttp1(socket: Socket, connection: Connection): Promise<void> {
    try {
      const { NodeHttp1 } = await import("./node-http1.ts");
      // Meanwhile, the client may have disconnected, or the server may have closed the connection.
      if (socket.destroyed) return;
      this.#http1 ??= new NodeHttp1(this.#options, this.#options.handle);
      this.#http1.serve(socket, connection);
    } catch (thrown) {
      // Loading fails if the process has no file descriptors left, or if the program on disk was replaced.
      process.emitWarning(`HTTP/1.1 is not available: ${thrown instanceof Error ? thrown.message : typeof thrown}`);
      socket.destroy();
    }
  }

  /**
   * Waits for the first bytes of a connection, which show whether it uses HTTP/2 or HTTP/1.1. Then puts the bytes back
   * and passes the connection on.
   */
  #sortByPreface(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), HEAD_TIMEOUT_MS);
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
    };
    socket.on("data", onData);
  }

  /**
   * Stops accepting connections and lets running calls finish. Closes the remaining connections when `signal` is
   * aborted.
   */
  async drain(signal: AbortSignal): Promise<void> {
    const closed = Promise.all(
      this.#servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve()))),
    );
    const began = performance.now();
    const sweepUp = (): void => {
      this.#http1?.closeIdleConnections();
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
    this.#http1?.close();
    this.#http2?.close();
  }

  #cut(ends: (connection: Connection) => boolean): void {
    for (const connection of this.#connections.values()) if (ends(connection)) connection.cut();
  }
}

/** Returns whether no request can have arrived, for example because TLS has not begun. */
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
