/**
 * Serves requests of every protocol over HTTP/1.1 and HTTP/2. These are gRPC, gRPC-Web, Connect, gRPC health, health
 * checks of load balancers, and CORS preflights. All other requests are refused.
 */
import type { Calls } from "../call/call.ts";
import type { ServiceMethod, ServiceRegistry } from "../services/service.ts";
import { ACCEPTED_ENCODINGS } from "./compression.ts";
import type { HealthRoute } from "./health-route.ts";
import { HttpCall, type ListenerContext } from "./http-call.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { LARGE_HEAD, NO_JSON, refuse, refuseHosts, UNKNOWN_RPC } from "./refusal.ts";
import { formOf, type RequestForm, unsupportedStatus } from "./request-form.ts";
import { respondAtRoot } from "./root.ts";

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

  /** Responds to one request that a listener has received. */
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
    this.#calls.serve(method, new HttpCall(method, form, listener, exchange));
  }

  /** Logs a fault of this server. Sends an error, unless a response has already begun. */
  #fail(thrown: unknown, exchange: HttpExchange): void {
    const rpc = this.#services.rpcOf(exchange.path);
    const error = this.#calls.failure(thrown, rpc);
    if (exchange.hasResponded) exchange.discard();
    else refuse({ error, status: 500 }, rpc, exchange);
  }
}
