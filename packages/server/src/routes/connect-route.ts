/**
 * Everything that is not a plain gRPC call (grpc-route.ts): gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2, in all forms that
 * clients use; gRPC health; checks of load balancers; preflights; and requests that are refused.
 */
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import type { Calls } from "../call/call.ts";
import { isSmallHead } from "../limits/head-limit.ts";
import type { Connection } from "../listener/connection.ts";
import {
  abandonResponse,
  hasSeveralHosts,
  headerOf,
  isGone,
  type NodeRequest,
  type NodeResponse,
  pathOf,
  send,
} from "../listener/node.ts";
import type { ServiceMethod, ServiceRegistry } from "../services/service.ts";
import { badDeadline } from "../status.ts";
import { ACCEPTED_ENCODINGS } from "./compression.ts";
import type { HealthRoute } from "./health-route.ts";
import type { ListenerContext } from "./listener-context.ts";
import { readMessageBody } from "./message-body.ts";
import { LARGE_HEAD, NO_JSON, refuse, refuseHosts, UNKNOWN_RPC } from "./refusal.ts";
import { formOf, type RequestForm, statusOfMisfit } from "./request-form.ts";
import { responseOf, sendResponse } from "./response.ts";
import { respondAtRoot } from "./root.ts";

/** One for a server, whatever the number of its listeners. */
export class ConnectRoute {
  readonly #calls: Calls;
  readonly #services: ServiceRegistry;
  readonly #health: HealthRoute;

  constructor(calls: Calls, services: ServiceRegistry, health: HealthRoute) {
    this.#calls = calls;
    this.#services = services;
    this.#health = health;
  }

  /** Responds to one request of a listener. */
  handle(listener: ListenerContext, request: NodeRequest, response: NodeResponse): void {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    try {
      this.#respond(listener, request, response);
    } catch (thrown) {
      this.#fail(thrown, request, response);
    }
  }

  #respond(listener: ListenerContext, request: NodeRequest, response: NodeResponse): void {
    if (this.#calls.draining && !("stream" in response)) response.shouldKeepAlive = false;
    const path = pathOf(request);
    const connection = listener.connectionOf(request);
    const isSmall = isSmallHead(request.rawHeaders);
    const isCall = this.#services.method(path) !== undefined && request.method !== "OPTIONS";
    if (!isSmall || !isCall || hasSeveralHosts(request)) connection.misused();
    if (connection.isCut) return;
    if (hasSeveralHosts(request)) refuseHosts(request, response);
    else if (!isSmall) refuse(LARGE_HEAD, this.#services.rpcOf(path), request, response);
    else if (
      !respondAtRoot(path, request, response, () => this.#health.serving) &&
      !listener.cors.respond(request, response)
    ) {
      this.#dispatch(path, connection, listener, request, response);
    }
  }

  #dispatch(
    path: string,
    connection: Connection,
    listener: ListenerContext,
    request: NodeRequest,
    response: NodeResponse,
  ): void {
    const method = this.#services.method(path);
    const handler = this.#health.handler(path);
    const form = formOf(request, handler === undefined || handler.method.methodKind === "unary");
    if (method === undefined && handler === undefined) {
      refuse(UNKNOWN_RPC, this.#services.rpcOf(path), request, response);
    } else if (form.json && this.#calls.maxJsonBytes === 0) {
      connection.misused();
      refuse(NO_JSON, this.#services.rpcOf(path), request, response);
    } else {
      if (form.encoding !== undefined) response.setHeader(form.acceptHeader, ACCEPTED_ENCODINGS);
      if (method !== undefined) this.#serveCall(method, form, connection, listener, request, response);
      else if (handler !== undefined) {
        this.#health
          .serve(handler, form, connection, request, response)
          .catch((thrown: unknown) => this.#fail(thrown, request, response));
      }
    }
  }

  #serveCall(
    method: ServiceMethod,
    form: RequestForm,
    connection: Connection,
    listener: ListenerContext,
    request: NodeRequest,
    response: NodeResponse,
  ): void {
    const misfit = statusOfMisfit(request);
    if (misfit !== undefined) {
      connection.misused();
      send(request, response, misfit);
      return;
    }
    const { protocol, json, enveloped } = form;
    const { timeoutMs, error } = deadlineOf(request, form);
    const call = this.#calls.begin(method, {
      protocol,
      connection,
      bearer: listener.bearer,
      timeoutMs,
      foreignOrigin: listener.cors.isForeign(request),
      json,
      enveloped,
      header: (name) => headerOf(request, name),
      onClose: (closed) => response.once("close", closed),
    });
    void call.serve({
      read: async (limits) => {
        if (error !== undefined) throw badDeadline();
        return readMessageBody(request, form, limits);
      },
      reply: (result) => {
        if (!isGone(request, response)) {
          sendResponse(responseOf(form, result, method.descriptor.name), form, request, response).catch(
            (thrown: unknown) => this.#fail(thrown, request, response),
          );
        }
        return () => abandonResponse(request, response);
      },
    });
  }

  /** For faults of this server: they are logged, and the caller gets a response unless one has begun. */
  #fail(thrown: unknown, request: NodeRequest, response: NodeResponse): void {
    const rpc = this.#services.rpcOf(pathOf(request));
    const error = this.#calls.failure(thrown, rpc);
    if (response.headersSent) response.destroy();
    else refuse({ error, status: 500 }, rpc, request, response);
  }
}

function deadlineOf(request: NodeRequest, { protocol }: RequestForm): ReturnType<typeof parseGrpcTimeout> {
  return protocol === "connect"
    ? parseConnectTimeout(headerOf(request, "connect-timeout-ms") ?? null, Number.MAX_SAFE_INTEGER)
    : parseGrpcTimeout(headerOf(request, "grpc-timeout") ?? null, Number.MAX_SAFE_INTEGER);
}
