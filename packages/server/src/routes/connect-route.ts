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
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { type CkError, EP11_METHODS } from "@grep11/cryptoki";
import { type Ep11Method, health, type WireRequestOf, wire } from "@grep11/proto";
import type { Admission, Arrival, Call, Outcome } from "../call/admission.ts";
import { isSmallHead } from "../limits/head-limit.ts";
import { jsonLimit, MAX_DATA_BYTES } from "../limits/sizes.ts";
import type { Entrance } from "../listener/listener-context.ts";
import type { HealthService } from "../services/health.ts";
import { METHODS_BY_PATH } from "../services/paths.ts";
import type { Probes } from "../services/probes.ts";
import { badDeadline, connectError, protocolError, unread } from "../status.ts";
import { ACCEPTED_ENCODINGS } from "./compression.ts";
import { readMessageBody } from "./message-body.ts";
import {
  abandonAnswer,
  abandonBody,
  hasSeveralHosts,
  headerOf,
  type NodeRequest,
  type NodeResponse,
  pathOf,
} from "./node.ts";
import { refuse, refuseHosts, refuseJson, refuseLargeHead, refuseProbe, refuseUnknownRpc } from "./refusal.ts";
import { formOf, type RequestForm } from "./request-form.ts";
import { answerRoot } from "./root.ts";
import { universalRequest } from "./universal-request.ts";
import { asText, binaryType, wantsText } from "./web-text.ts";

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

/** Serves all RPCs; one for a server, whatever the number of its listeners. */
export class ConnectRoute {
  readonly #admission: Admission;
  readonly #health: HealthService;
  readonly #probes: Probes;
  readonly #handlers: ReadonlyMap<string, UniversalHandler>;

  constructor(admission: Admission, healthService: HealthService, probes: Probes) {
    this.#admission = admission;
    this.#health = healthService;
    this.#probes = probes;
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
    try {
      this.#answer(entrance, request, response);
    } catch (thrown) {
      this.#fail(thrown, request, response);
    }
  }

  #answer(entrance: Entrance, request: NodeRequest, response: NodeResponse): void {
    if (this.#admission.draining && !("stream" in response)) response.shouldKeepAlive = false;
    const path = pathOf(request);
    const connection = entrance.connectionOf(request);
    const small = isSmallHead(request.rawHeaders);
    const serves = small && METHODS_BY_PATH.has(path) && request.method !== "OPTIONS" && !hasSeveralHosts(request);
    if (!serves) connection.misused();
    if (connection.isCut) return;
    if (hasSeveralHosts(request)) refuseHosts(request, response);
    else if (!small) refuseLargeHead(request, response);
    else if (
      !answerRoot(path, request, response, () => this.#health.serving) &&
      !entrance.cors.answer(request, response)
    ) {
      const handler = this.#handlers.get(path);
      if (handler === undefined) refuseUnknownRpc(request, response);
      else this.#answerRpc(handler, entrance, request, response);
    }
  }

  #answerRpc(handler: UniversalHandler, entrance: Entrance, request: NodeRequest, response: NodeResponse): void {
    const form = formOf(request, handler.method.methodKind === "unary");
    if (form.json && jsonLimit(this.#admission.options) === 0) {
      entrance.connectionOf(request).misused();
      refuseJson(request, response);
      return;
    }
    const method = METHODS_BY_PATH.get(handler.requestPath);
    const exchange = method && this.#begin(method, form, entrance, request, response);
    if (exchange === undefined) {
      const ended = this.#probes.begin(entrance.connectionOf(request), handler.method.methodKind !== "unary");
      if (ended === undefined) {
        refuseProbe(request, response);
        return;
      }
      response.once("close", ended);
    }
    if (form.encoding !== undefined) response.setHeader(form.acceptHeader, ACCEPTED_ENCODINGS);
    this.#serve(handler, form, request, response, exchange).catch((thrown: unknown) =>
      this.#fail(thrown, request, response),
    );
  }

  #begin(
    method: Ep11Method,
    form: RequestForm,
    entrance: Entrance,
    request: NodeRequest,
    response: NodeResponse,
  ): Exchange {
    const { timeoutMs, error } = deadlineOf(request, form);
    const call = this.#admission.begin(method, arrivalOf(entrance, request, form, timeoutMs));
    const exchange: Exchange = { call, badDeadline: error && badDeadline(), outcome: undefined, gone: undefined };
    response.once("close", () => call.end(exchange.outcome));
    return exchange;
  }

  async #serve(
    handler: UniversalHandler,
    form: RequestForm,
    request: NodeRequest,
    response: NodeResponse,
    exchange: Exchange | undefined,
  ): Promise<void> {
    const { method } = handler;
    const timeoutMs = this.#admission.options.bodyTimeoutMs;
    const bounds = { maxBytes: exchange?.call.maxBytes ?? HEALTH_BODY_BYTES, timeoutMs, holder: exchange?.call };
    const failure = (thrown: unknown): ConnectError =>
      exchange === undefined
        ? connectError(this.#admission.failure(thrown, method.name), method.name)
        : failed(exchange, thrown);
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        if (exchange?.badDeadline !== undefined) throw exchange.badDeadline;
        const reading = readMessageBody(request, form, method.input, bounds);
        yield await (exchange?.call.untilStopped(reading) ?? reading);
      } catch (thrown) {
        throw failure(thrown);
      }
    }
    const values = createContextValues().set(exchangeKey, exchange);
    const type = headerOf(request, "content-type");
    const universal = universalRequest(
      request,
      response,
      handler.requestPath,
      form.text ? binaryType(type) : type,
      body(),
      values,
    );
    if (exchange !== undefined) exchange.gone = universal.signal;
    const binary = await handler(universal);
    const answer = wantsText(request, form) ? asText(binary, method.methodKind !== "unary") : binary;
    abandonBody(request, response);
    exchange?.call.expectReader(() => {
      exchange.outcome = exchange.call.failure(unread());
      abandonAnswer(request, response);
    });
    await universalResponseToNodeResponse(answer, response).catch((thrown: unknown) => {
      // The caller has disconnected, so nobody reads the response.
      if (!universal.signal.aborted) throw thrown;
    });
  }

  /** For faults of this server: they are logged, and the caller gets a response unless one has begun. */
  #fail(thrown: unknown, request: NodeRequest, response: NodeResponse): void {
    const error = this.#admission.failure(thrown, "grep11.Crypto");
    if (response.headersSent) response.destroy();
    else refuse(error, 500, request, response);
  }
}

function deadlineOf(request: NodeRequest, { protocol }: RequestForm): ReturnType<typeof parseGrpcTimeout> {
  return protocol === "connect"
    ? parseConnectTimeout(headerOf(request, "connect-timeout-ms") ?? null, Number.MAX_SAFE_INTEGER)
    : parseGrpcTimeout(headerOf(request, "grpc-timeout") ?? null, Number.MAX_SAFE_INTEGER);
}

function arrivalOf(
  entrance: Entrance,
  request: NodeRequest,
  { protocol, json }: RequestForm,
  timeoutMs: number | undefined,
): Arrival {
  return {
    protocol,
    connection: entrance.connectionOf(request),
    authorization: headerOf(request, "authorization"),
    bearer: entrance.bearer,
    timeoutMs,
    foreignOrigin: entrance.cors.isForeign(request),
    json,
  };
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
