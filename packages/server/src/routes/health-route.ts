/**
 * Serves gRPC health (grpc.health.v1) with Connect's protocol handlers, which support streaming. Its calls require no
 * credentials.
 */
import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { health } from "@grep11/proto";
import type { Calls } from "../call/call.ts";
import { openEnvelope } from "../call/envelope.ts";
import type { HealthService } from "../services/health.ts";
import type { Probes } from "../services/probes.ts";
import { connectError } from "../status.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { readMessageBody } from "./message-body.ts";
import { refuse, TOO_MANY_PROBES } from "./refusal.ts";
import type { RequestForm } from "./request-form.ts";
import { universalRequest } from "./universal-request.ts";
import { asText, binaryType, wantsText } from "./web-text.ts";

const MAX_BODY_BYTES = 1024;

/** Serves the health service of one server. */
export class HealthRoute {
  readonly #calls: Calls;
  readonly #service: HealthService;
  readonly #probes: Probes;
  readonly #handlers: ReadonlyMap<string, UniversalHandler>;

  constructor(calls: Calls, service: HealthService, probes: Probes) {
    this.#calls = calls;
    this.#service = service;
    this.#probes = probes;
    const router = createConnectRouter({ acceptCompression: [], readMaxBytes: MAX_BODY_BYTES });
    router.service(health.Health, service.implementation());
    this.#handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  }

  /** Whether the server is serving calls now. */
  get serving(): boolean {
    return this.#service.serving;
  }

  /** Returns the handler for `path`, such as "/grpc.health.v1.Health/Check". */
  handler(path: string): UniversalHandler | undefined {
    return this.#handlers.get(path);
  }

  /** Responds to one check, or to one watch until the caller disconnects. It throws only if this server has a fault. */
  async serve(handler: UniversalHandler, form: RequestForm, exchange: HttpExchange): Promise<void> {
    const { methodKind, name } = handler.method;
    const streams = methodKind !== "unary";
    const ended = this.#probes.begin(exchange.connection, streams);
    if (ended === undefined) {
      refuse(TOO_MANY_PROBES, name, exchange);
      return;
    }
    exchange.onClose(ended);
    const limits = { maxBytes: MAX_BODY_BYTES, bodyTimeoutMs: this.#calls.bodyTimeoutMs, reserve: () => true };
    const calls = this.#calls;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        const read = await readMessageBody(exchange, form, limits);
        if (form.enveloped) openEnvelope(read);
        yield read;
      } catch (thrown) {
        throw connectError(calls.failure(thrown, name), name);
      }
    }
    const type = exchange.header("content-type");
    const contentType = form.text ? binaryType(type) : type;
    const response = await handler(universalRequest(exchange, contentType, body()));
    await exchange.stream(wantsText(exchange, form) ? asText(response, streams) : response);
  }
}
