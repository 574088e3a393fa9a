/**
 * gRPC, gRPC-Web and Connect by Connect's protocol handlers, for HTTP/1.1 and HTTP/2. Connect sees a call only after its
 * body was read within the limits, and every error it raises itself gets the form that GREP11 clients expect.
 */
import {
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { type CkError, EP11_METHODS } from "@grep11/cryptoki";
import { type Ep11Method, health, type WireRequestOf, wire } from "@grep11/proto";
import type { Admission, Arrival, Call, Outcome } from "./admission.ts";
import { bodyLimit, readBody, requireCheapMessage } from "./body.ts";
import type { Connection } from "./connection.ts";
import type { Entrance } from "./entrance.ts";
import type { HealthService } from "./health.ts";
import { MAX_DATA_BYTES } from "./limits.ts";
import { abandonBody, headerOf, type NodeRequest, type NodeResponse, pathOf } from "./node.ts";
import { METHODS_BY_PATH } from "./paths.ts";
import { refuseProbe, refuseUnknownRpc } from "./refusal.ts";
import { badDeadline, connectError, protocolError } from "./status.ts";

/** One call on its way through Connect. */
interface Exchange {
  readonly call: Call;
  /** What is wrong with the caller's deadline, if anything; Connect never sees deadlines, the Call keeps them. */
  readonly badDeadline: CkError | undefined;
  /** What Connect was told or has raised, if anything. */
  outcome: Outcome | undefined;
  /** Fires when the caller is gone. */
  gone: AbortSignal | undefined;
}

const exchangeKey = createContextKey<Exchange | undefined>(undefined);
const HEALTH_BODY_BYTES = 1024;
/** Health checks and watches that may be open at once over one connection; nobody needs a credential for them. */
const MAX_PROBES = 4;
const GRPC_TIMEOUT = "grpc-timeout";
const CONNECT_TIMEOUT = "connect-timeout-ms";

/** Serves all RPCs; one for a server, whatever the number of its listeners. */
export class ConnectRoute {
  readonly #admission: Admission;
  readonly #handlers: ReadonlyMap<string, UniversalHandler>;

  constructor(admission: Admission, healthService: HealthService) {
    this.#admission = admission;
    const router = createConnectRouter({
      acceptCompression: [],
      readMaxBytes: MAX_DATA_BYTES,
      requestGate: (context) => gate(context),
    });
    const implementation = Object.fromEntries(EP11_METHODS.map((method) => [method, runCall]));
    router.service(wire.Crypto, implementation as Partial<ServiceImpl<typeof wire.Crypto>>);
    router.service(health.Health, healthService.implementation());
    this.#handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  }

  /** Answers one request of a listener. */
  handle(entrance: Entrance, request: NodeRequest, response: NodeResponse): void {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    if (this.#admission.draining && !("stream" in response)) response.shouldKeepAlive = false;
    if (entrance.cors.answer(request, response)) return;
    const path = pathOf(request);
    const handler = this.#handlers.get(path);
    if (handler === undefined || (request.headers.host ?? request.headers[":authority"]) === undefined) {
      refuseUnknownRpc(path, request, response);
      return;
    }
    const method = METHODS_BY_PATH.get(path);
    const exchange = method && this.#begin(method, entrance, request, response);
    if (exchange === undefined && !addProbe(entrance.connectionOf(request), response)) refuseProbe(request, response);
    else void serve(handler, request, response, exchange, this.#admission.options.bodyTimeoutMs);
  }

  #begin(method: Ep11Method, entrance: Entrance, request: NodeRequest, response: NodeResponse): Exchange {
    const { timeoutMs, error } = deadlineOf(request);
    const call = this.#admission.begin(method, arrivalOf(entrance, request, timeoutMs));
    const exchange: Exchange = { call, badDeadline: error && badDeadline(), outcome: undefined, gone: undefined };
    response.once("close", () => call.end(exchange.outcome));
    return exchange;
  }
}

function isGrpc(request: NodeRequest): boolean {
  return headerOf(request, "content-type")?.startsWith("application/grpc") ?? false;
}

function deadlineOf(request: NodeRequest): ReturnType<typeof parseGrpcTimeout> {
  return isGrpc(request)
    ? parseGrpcTimeout(headerOf(request, GRPC_TIMEOUT) ?? null, Number.MAX_SAFE_INTEGER)
    : parseConnectTimeout(headerOf(request, CONNECT_TIMEOUT) ?? null, Number.MAX_SAFE_INTEGER);
}

function arrivalOf(entrance: Entrance, request: NodeRequest, timeoutMs: number | undefined): Arrival {
  const type = headerOf(request, "content-type") ?? "";
  return {
    protocol: type.startsWith("application/grpc-web") ? "grpc-web" : isGrpc(request) ? "grpc" : "connect",
    connection: entrance.connectionOf(request),
    authorization: headerOf(request, "authorization"),
    bearer: entrance.bearer,
    timeoutMs,
    foreignOrigin: entrance.cors.isForeign(request),
  };
}

/** Counts a call of the health service until it is over, or answers false: there are too many. */
function addProbe(connection: Connection, response: NodeResponse): boolean {
  if (connection.probes >= MAX_PROBES) return false;
  connection.probes += 1;
  response.once("close", () => {
    connection.probes -= 1;
  });
  return true;
}

/** Runs before the body is read: lets the call in, and waits for errors of Connect's own. */
async function gate(context: HandlerContext): Promise<void> {
  const exchange = context.values.get(exchangeKey);
  if (exchange === undefined) return;
  // Connect hands every error of a call to this signal before it writes it down.
  context.signal.addEventListener("abort", () => restate(exchange, context.signal.reason));
  try {
    await exchange.call.untilStopped(exchange.call.admit());
  } catch (thrown) {
    throw failed(exchange, thrown);
  }
}

/** `thrown` in the form that leaves the server. */
function failed(exchange: Exchange, thrown: unknown): ConnectError {
  const error = exchange.call.failure(thrown);
  exchange.outcome = error;
  return connectError(error, exchange.call.rpc);
}

/** Gives an error that Connect raised itself, which has no detail, code, message and detail of a GREP11 error. */
function restate(exchange: Exchange, reason: unknown): void {
  if (!(reason instanceof ConnectError) || exchange.outcome !== undefined || exchange.gone?.aborted) return;
  const { code, rawMessage, details } = failed(exchange, protocolError(reason, exchange.call.rpc));
  Object.assign(reason, { code, rawMessage, details });
}

/** The handler of every RPC: whatever it is, its Call knows how to run it. */
async function runCall(message: WireRequestOf<Ep11Method>, context: HandlerContext) {
  const exchange = context.values.get(exchangeKey)!;
  try {
    const answer = await exchange.call.untilStopped(exchange.call.run(message));
    exchange.outcome = "answered";
    return answer;
  } catch (thrown) {
    throw failed(exchange, thrown);
  }
}

async function serve(
  handler: UniversalHandler,
  request: NodeRequest,
  response: NodeResponse,
  exchange: Exchange | undefined,
  bodyTimeoutMs: number | undefined,
): Promise<void> {
  const json = headerOf(request, "content-type")?.includes("json") ?? false;
  const enveloped = handler.method.methodKind !== "unary" || isGrpc(request);
  const { maxBytes } = exchange?.call ?? { maxBytes: HEALTH_BODY_BYTES };
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      if (exchange?.badDeadline !== undefined) throw exchange.badDeadline;
      const reading = readBody(
        request,
        headerOf(request, "content-length"),
        bodyLimit(maxBytes, enveloped),
        bodyTimeoutMs,
        exchange?.call,
      );
      const bytes = await (exchange?.call.untilStopped(reading) ?? reading);
      requireCheapMessage(bytes, handler.method.input, enveloped, json);
      yield bytes;
    } catch (thrown) {
      throw exchange === undefined ? thrown : failed(exchange, thrown);
    }
  }
  try {
    const values = createContextValues().set(exchangeKey, exchange);
    const universal = universalRequestFromNodeRequest(request, response, undefined, values);
    if (exchange !== undefined) {
      exchange.gone = universal.signal;
      for (const name of [GRPC_TIMEOUT, CONNECT_TIMEOUT]) universal.header.delete(name);
    }
    const answer = await handler({ ...universal, body: body() });
    abandonBody(request, response);
    await universalResponseToNodeResponse(answer, response);
  } catch {
    // The caller is gone, or sent what is no HTTP request: there is nobody to answer.
    response.destroy();
  }
}
