/**
 * Everything that is not a plain gRPC call (grpc-route.ts): gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2, in all forms that
 * clients use; gRPC health; checks of load balancers; preflights; and requests that are refused.
 */
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import type { Calls } from "../call/call.ts";
import { isSmallHead } from "../limits/head-limit.ts";
import {
  abandonResponse,
  hasSeveralHosts,
  headerOf,
  type NodeRequest,
  type NodeResponse,
  pathOf,
  send,
} from "../listener/node.ts";
import type { ServiceMethod, ServiceRegistry } from "../services/service.ts";
import { badDeadline } from "../status.ts";
import { ACCEPTED_ENCODINGS } from "./compression.ts";
import type { HealthRoute } from "./health-route.ts";
import type { Incoming, ListenerContext } from "./listener-context.ts";
import { readMessageBody } from "./message-body.ts";
import { LARGE_HEAD, NO_JSON, refuse, refuseHosts, UNKNOWN_RPC } from "./refusal.ts";
import { formOf, type RequestForm, unsupportedStatus } from "./request-form.ts";
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
    const path = pathOf(request);
    const connection = listener.connectionOf(request);
    const incoming = { listener, connection, path, rpc: this.#services.rpcOf(path), request, response };
    try {
      this.#respond(incoming);
    } catch (thrown) {
      this.#fail(thrown, incoming);
    }
  }

  #respond(incoming: Incoming): void {
    const { listener, connection, path, request, response } = incoming;
    if (this.#calls.draining && !("stream" in response)) response.shouldKeepAlive = false;
    const isSmall = isSmallHead(request.rawHeaders);
    const isCall = this.#services.method(path) !== undefined && request.method !== "OPTIONS";
    if (!isSmall || !isCall || hasSeveralHosts(request)) connection.misused();
    if (connection.isCut) return;
    if (hasSeveralHosts(request)) refuseHosts(request, response);
    else if (!isSmall) refuse(LARGE_HEAD, incoming);
    else if (
      !respondAtRoot(path, request, response, () => this.#health.serving) &&
      !listener.cors.respond(request, response)
    ) {
      this.#dispatch(incoming);
    }
  }

  #dispatch(incoming: Incoming): void {
    const { path, connection, request, response } = incoming;
    const method = this.#services.method(path);
    const handler = this.#health.handler(path);
    const form = formOf(request, handler === undefined || handler.method.methodKind === "unary");
    if (method === undefined && handler === undefined) {
      refuse(UNKNOWN_RPC, incoming);
    } else if (form.json && this.#calls.maxJsonBytes === 0) {
      connection.misused();
      refuse(NO_JSON, incoming);
    } else {
      if (form.encoding !== undefined) response.setHeader(form.acceptHeader, ACCEPTED_ENCODINGS);
      if (method !== undefined) this.#serveCall(method, form, incoming);
      else if (handler !== undefined) {
        this.#health.serve(handler, form, incoming).catch((thrown: unknown) => this.#fail(thrown, incoming));
      }
    }
  }

  #serveCall(method: ServiceMethod, form: RequestForm, incoming: Incoming): void {
    const { listener, connection, rpc, request, response } = incoming;
    const unsupported = unsupportedStatus(request);
    if (unsupported !== undefined) {
      connection.misused();
      send(request, response, unsupported);
      return;
    }
    const { timeoutMs, error } = deadlineOf(request, form);
    const call = this.#calls.begin(method, {
      protocol: form.protocol,
      json: form.json,
      enveloped: form.enveloped,
      connection,
      bearer: listener.bearer,
      timeoutMs,
      foreignOrigin: listener.cors.isForeign(request),
      header: (name) => headerOf(request, name),
      onClose: (closed) => response.once("close", closed),
    });
    void call.serve({
      read: async (limits) => {
        if (error !== undefined) throw badDeadline();
        return readMessageBody(request, form, limits);
      },
      reply: (result) => {
        sendResponse(responseOf(form, result, rpc), form, incoming).catch((thrown) => this.#fail(thrown, incoming));
        return () => abandonResponse(request, response);
      },
    });
  }

  /** For faults of this server: they are logged, and the caller gets a response unless one has begun. */
  #fail(thrown: unknown, incoming: Incoming): void {
    const error = this.#calls.failure(thrown, incoming.rpc);
    if (incoming.response.headersSent) incoming.response.destroy();
    else refuse({ error, status: 500 }, incoming);
  }
}

function deadlineOf(request: NodeRequest, { protocol }: RequestForm): ReturnType<typeof parseGrpcTimeout> {
  return protocol === "connect"
    ? parseConnectTimeout(headerOf(request, "connect-timeout-ms") ?? null, Number.MAX_SAFE_INTEGER)
    : parseGrpcTimeout(headerOf(request, "grpc-timeout") ?? null, Number.MAX_SAFE_INTEGER);
}
