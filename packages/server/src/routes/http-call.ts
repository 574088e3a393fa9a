/** Adapts one call over HTTP to the interface Exchange of call/exchange.ts. */
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import type * as ck from "@grep11/cryptoki";
import type { BodyLimits, Exchange, RequestHead } from "../call/exchange.ts";
import type { BearerVerifier } from "../options.ts";
import type { ServiceMethod } from "../services/service.ts";
import { badDeadline } from "../status.ts";
import type { Cors } from "./cors.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { readMessageBody } from "./message-body.ts";
import type { RequestForm } from "./request-form.ts";
import { responseOf } from "./response.ts";
import { textResponse, wantsText } from "./web-text.ts";

/** The settings of a listener that it passes on with each request. */
export interface ListenerContext {
  /** Verifies bearer tokens. Undefined if no token is required. */
  readonly bearer: BearerVerifier | undefined;
  readonly cors: Cors;
}

export class HttpCall implements Exchange {
  readonly protocol: RequestHead["protocol"];
  readonly connection: RequestHead["connection"];
  readonly bearer: BearerVerifier | undefined;
  readonly timeoutMs: number | undefined;
  readonly foreignOrigin: boolean;
  readonly json: boolean;
  readonly enveloped: boolean;
  readonly #method: ServiceMethod;
  readonly #form: RequestForm;
  readonly #http: HttpExchange;
  readonly #hasBadDeadline: boolean;

  constructor(method: ServiceMethod, form: RequestForm, { bearer, cors }: ListenerContext, http: HttpExchange) {
    const { timeoutMs, error } = deadlineOf(http, form);
    this.protocol = form.protocol;
    this.connection = http.connection;
    this.bearer = bearer;
    this.timeoutMs = timeoutMs;
    this.foreignOrigin = cors.isForeign(http);
    this.json = form.json;
    this.enveloped = form.enveloped;
    this.#method = method;
    this.#form = form;
    this.#http = http;
    this.#hasBadDeadline = error !== undefined;
  }

  header(name: string): string | undefined {
    return this.#http.header(name);
  }

  onClose(listener: () => void): void {
    this.#http.onClose(listener);
  }

  read(limits: BodyLimits): Uint8Array | Promise<Uint8Array> {
    if (this.#hasBadDeadline) throw badDeadline();
    return readMessageBody(this.#http, this.#form, limits);
  }

  reply(result: Uint8Array | ck.CkError): void {
    const response = responseOf(this.#form, result, this.#method.descriptor.name);
    this.#http.send(wantsText(this.#http, this.#form) ? textResponse(response) : response);
  }

  discard(): void {
    this.#http.discard();
  }
}

function deadlineOf(http: HttpExchange, { protocol }: RequestForm): ReturnType<typeof parseGrpcTimeout> {
  return protocol === "connect"
    ? parseConnectTimeout(http.header("connect-timeout-ms") ?? null, Number.MAX_SAFE_INTEGER)
    : parseGrpcTimeout(http.header("grpc-timeout") ?? null, Number.MAX_SAFE_INTEGER);
}
