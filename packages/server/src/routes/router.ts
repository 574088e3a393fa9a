/**
 * Serves requests of every protocol over HTTP/1.1 and HTTP/2: gRPC, gRPC-Web and Connect in all forms that clients use, gRPC
 * health, health checks of load balancers, and CORS preflights. All other requests are refused.
 */
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import type { Calls } from "../call/call.ts";
import type { BearerVerifier } from "../options.ts";
import type { ServiceMethod, ServiceRegistry } from "../services/service.ts";
import { badDeadline } from "../status.ts";
import { ACCEPTED_ENCODINGS } from "./compression.ts";
import type { Cors } from "./cors.ts";
import type { HealthRoute } from "./health-route.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { readMessageBody } from "./message-body.ts";
import { LARGE_HEAD, NO_JSON, refuse, refuseHosts, UNKNOWN_RPC } from "./refusal.ts";
import { formOf, type RequestForm, unsupportedStatus } from "./request-form.ts";
import { responseOf } from "./response.ts";
import { respondAtRoot } from "./root.ts";
import { textResponse, wantsText } from "./web-text.ts";

/** What a listener passes on with its requests. */
export interface ListenerContext {
  /** The verifier of bearer tokens; undefined if no token is required. */
  readonly bearer: BearerVerifier | undefined;
  readonly cors: Cors;
}

/** Routes the requests of all listeners of a server. */
export class Router {
  readonly #calls: Calls;
  readonly #services: ServiceRegistry;
  readonly #health: HealthRoute;

  constructor(calls: Calls, services: ServiceRegistry, health: HealthRoute) {
    this.#calls = calls;
    this.#services = services;
    this.#health = health;
  }

  /** Responds to one request of a listener. */
  handle(listener: ListenerContext, exchange: HttpExchange): void {
    try {
      this.#respond(listener, exchange);
    } catch (thrown) {
      this.#fail(thrown, exchange);
    }
  }

  #respond(listener: ListenerContext, exchange: HttpExchange): void {
    const { path, connection, hasLargeHead, hasSeveralHosts } = exchange;
    if (connection.isCut) {
      exchange.discard();
      return;
    }
    const method = this.#services.method(path);
    const isCall = method !== undefined && exchange.method !== "OPTIONS";
    if (hasLargeHead || !isCall || hasSeveralHosts) connection.misused();
    if (connection.isCut) return;
    if (this.#calls.draining) exchange.closeAfterwards?.();
    if (hasSeveralHosts) refuseHosts(exchange);
    else if (hasLargeHead) refuse(LARGE_HEAD, this.#services.rpcOf(path), exchange);
    else if (!respondAtRoot(exchange, () => this.#health.serving) && !listener.cors.respond(exchange)) {
      this.#dispatch(method, listener, exchange);
    }
  }

  #dispatch(method: ServiceMethod | undefined, listener: ListenerContext, exchange: HttpExchange): void {
    const { path, connection } = exchange;
    const handler = method === undefined ? this.#health.handler(path) : undefined;
    const form = formOf(exchange, handler === undefined || handler.method.methodKind === "unary");
    if (method === undefined && handler === undefined) {
      refuse(UNKNOWN_RPC, this.#services.rpcOf(path), exchange);
    } else if (form.json && this.#calls.maxJsonBytes === 0) {
      connection.misused();
      refuse(NO_JSON, this.#services.rpcOf(path), exchange);
    } else {
      if (form.encoding !== undefined) exchange.setHeader(form.acceptHeader, ACCEPTED_ENCODINGS);
      if (method !== undefined) this.#serveCall(method, form, listener, exchange);
      else if (handler !== undefined) {
        this.#health.serve(handler, form, exchange).catch((thrown: unknown) => this.#fail(thrown, exchange));
      }
    }
  }

  #serveCall(method: ServiceMethod, form: RequestForm, listener: ListenerContext, exchange: HttpExchange): void {
    const misfit = unsupportedStatus(exchange);
    if (misfit !== undefined) {
      exchange.connection.misused();
      exchange.send({ status: misfit, fields: [] });
      return;
    }
    const { protocol, json, enveloped } = form;
    const { timeoutMs, error } = deadlineOf(exchange, form);
    const call = this.#calls.begin(method, {
      protocol,
      connection: exchange.connection,
      bearer: listener.bearer,
      timeoutMs,
      foreignOrigin: listener.cors.isForeign(exchange),
      json,
      enveloped,
      header: (name) => exchange.header(name),
      onClose: (closed) => exchange.onClose(closed),
    });
    void call.serve({
      read: async (limits) => {
        if (error !== undefined) throw badDeadline();
        return readMessageBody(exchange, form, limits);
      },
      reply: (result) => {
        const response = responseOf(form, result, method.descriptor.name);
        exchange.send(wantsText(exchange, form) ? textResponse(response) : response);
        return () => exchange.discard();
      },
    });
  }

  /** Logs a fault of this server, and sends an error unless a response has begun. */
  #fail(thrown: unknown, exchange: HttpExchange): void {
    const rpc = this.#services.rpcOf(exchange.path);
    const error = this.#calls.failure(thrown, rpc);
    if (exchange.hasResponded) exchange.discard();
    else refuse({ error, status: 500 }, rpc, exchange);
  }
}

function deadlineOf(exchange: HttpExchange, { protocol }: RequestForm): ReturnType<typeof parseGrpcTimeout> {
  return protocol === "connect"
    ? parseConnectTimeout(exchange.header("connect-timeout-ms") ?? null, Number.MAX_SAFE_INTEGER)
    : parseGrpcTimeout(exchange.header("grpc-timeout") ?? null, Number.MAX_SAFE_INTEGER);
}
