/**
 * Serves HTTP/1.1 with node:http. This file is only loaded for the first HTTP/1.1 connection, because node:http is slow
 * to load.
 */
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { HEAD_TIMEOUT_MS, MAX_HEAD_BYTES } from "../limits/head-limit.ts";
import type { HttpExchange } from "../routes/http-exchange.ts";
import { NodeExchange } from "../routes/node-exchange.ts";
import type { Connection } from "./connection.ts";

/** The response to a CONNECT request, which only proxies support. */
const NO_PROXY = "HTTP/1.1 405 Method Not Allowed\r\nallow: POST\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** Serves the HTTP/1.1 connections that the listener passes to it. */
export class NodeHttp1 {
  readonly #server: Server;
  readonly #connections = new WeakMap<object, Connection>();

  constructor(limits: { bodyTimeoutMs: number; idleTimeoutMs: number }, handle: (exchange: HttpExchange) => void) {
    this.#server = createServer(
      {
        headersTimeout: HEAD_TIMEOUT_MS,
        requestTimeout: HEAD_TIMEOUT_MS + limits.bodyTimeoutMs,
        keepAliveTimeout: limits.idleTimeoutMs,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: MAX_HEAD_BYTES,
      },
      (request, response) => {
        const connection = this.#connections.get(request.socket);
        if (connection === undefined) return;
        connection.requests += 1;
        handle(new NodeExchange(connection, request, response));
      },
    );
    // There is no limit here, because Node would silently drop the fields beyond it. isSmallHead refuses such requests
    // instead.
    this.#server.maxHeadersCount = 0;
    // Without a listener for this event, node:http would close the connection without a response.
    this.#server.on("connect", (_request, socket) => socket.end(NO_PROXY));
    // This server never listens itself, but its timeouts only start after this event.
    this.#server.emit("listening");
  }

  serve(socket: Socket, connection: Connection): void {
    this.#connections.set(socket, connection);
    this.#server.emit("connection", socket);
    if (socket.isPaused()) socket.resume();
  }

  closeIdleConnections(): void {
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.#server.close();
  }
}
