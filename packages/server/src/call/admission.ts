/**
 * The way of every call into the HSM, whatever transport brings it: who are you, may you, deadline, codec, call, record.
 * A transport makes a Call when the head of a request has arrived, admits it before it reads the body, runs it with the
 * request message, and ends it when the exchange is over.
 */
import {
  type CallOptions,
  CKR_DEVICE_REMOVED,
  CKR_FUNCTION_CANCELED,
  CKR_FUNCTION_REJECTED,
  CKR_IBM_GREP11_NOT_AUTHENTICATED,
  CKR_OK,
  CkError,
} from "@grep11/cryptoki";
import {
  codecs,
  type Ep11Method,
  type MethodCodec,
  type RequestOf,
  type ResponseOf,
  type WireRequestOf,
  type WireResponseOf,
} from "@grep11/proto";
import { BodyBudget } from "../limits/body-budget.ts";
import { callLimit, DEFAULT_DATA_BYTES, JSON_WEIGHT, jsonLimit } from "../limits/sizes.ts";
import type { Connection } from "../listener/connection.ts";
import type { BearerVerifier, CallRecord, Grep11ServerOptions, Principal } from "../options.ts";
import { DEFAULT_BODY_TIMEOUT_MS } from "../routes/body.ts";
import { allocateEnvelope, ENVELOPE_BYTES, openEnvelope } from "../routes/envelope.ts";
import { ACTIONS } from "../services/actions.ts";
import { busy, canceled, jsonAnswerTooLarge, notAuthenticated, notPermitted, timedOut, unwritable } from "../status.ts";

/** The head of a request, as its transport read it. */
export interface Arrival {
  readonly protocol: CallRecord["protocol"];
  readonly connection: Connection;
  /** The header `authorization`. */
  readonly authorization: string | undefined;
  /** The verifier of the listener; undefined: no bearer token is needed. */
  readonly bearer: BearerVerifier | undefined;
  /** The caller's deadline in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** A web page of an origin that the listener does not allow sends this. */
  readonly foreignOrigin: boolean;
  /** Request and response are JSON, which has a limit of its own and takes many times its size. */
  readonly json: boolean;
}

/** How a call went: the method has answered, or the error that the caller gets. */
export type Outcome = "answered" | CkError;

/** Ends what still runs for a call that is over. Made once, because an error with its stack costs as much as a refusal. */
const OVER = canceled();

/** The return values of calls that are not admitted. */
const REFUSALS: ReadonlySet<number> = new Set([CKR_IBM_GREP11_NOT_AUTHENTICATED, CKR_FUNCTION_REJECTED]);
/** The client's clock starts before ours, so its deadline passes before ours does: by a tenth, or on a busy machine by this. */
const DUE_SHARE = 0.9;
const DUE_MARGIN_MS = 100;
/** A caller with shorter deadlines could have more calls begin than a connection may have at once. */
const SHORTEST_CALL_MS = 20;

/** Of requests that are read or worked on. */
const DEFAULT_PENDING_BYTES = 256 * 1024 * 1024;

/** Makes the calls of one server and counts them. */
export class Admission {
  readonly options: Grep11ServerOptions;
  /** Set when the server stops: from then on every new call is refused. */
  draining = false;
  readonly bodies: BodyBudget;
  #inFlight = 0;

  constructor(options: Grep11ServerOptions) {
    const { maxPendingBytes = DEFAULT_PENDING_BYTES, maxDataBytes = DEFAULT_DATA_BYTES } = options;
    this.options = options;
    const largest = Math.max(maxDataBytes + ENVELOPE_BYTES, jsonLimit(options) * JSON_WEIGHT);
    this.bodies = new BodyBudget(maxPendingBytes, largest);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  begin<M extends Ep11Method>(method: M, arrival: Arrival): Call<M> {
    this.#inFlight += 1;
    return new Call(this, method, arrival);
  }

  /** What leaves the server for `thrown`: itself if it is a CkError, else CKR_GENERAL_ERROR. Causes go to the log. */
  failure(thrown: unknown, rpc: string): CkError {
    const error = CkError.from(thrown);
    if (error.cause !== undefined) guarded(() => this.options.onError?.(error, rpc));
    return error;
  }

  /** A call is over. */
  ended(): void {
    this.#inFlight -= 1;
  }
}

/** One call from its head to its answer. */
export class Call<M extends Ep11Method = Ep11Method> {
  /** Most bytes of the request. */
  readonly maxBytes: number;
  readonly #admission: Admission;
  readonly #method: M;
  readonly #codec: MethodCodec<M>;
  readonly #arrival: Arrival;
  readonly #began = performance.now();
  readonly #timeoutMs: number;
  /** For the deadline, then for the time in which the response has to be read. */
  #timer: NodeJS.Timeout;
  #principal: Principal | undefined;
  #admitted = false;
  #heldBytes = 0;
  #stopped: CkError | undefined;
  /** Let go when the call ends: node:http2 keeps streams for a while, and with them what they can reach. */
  #onStop: ((reason: CkError) => void)[] = [];
  #finished = false;

  constructor(admission: Admission, method: M, arrival: Arrival) {
    const longest = admission.options.callTimeoutMs ?? 90_000;
    this.maxBytes = callLimit(method, admission.options, arrival.json);
    this.#admission = admission;
    this.#method = method;
    this.#codec = codecs[method];
    this.#arrival = arrival;
    this.#timeoutMs = Math.min(arrival.timeoutMs ?? longest, longest);
    this.#timer = setTimeout(() => this.#stop(timedOut("the deadline has passed")), this.#timeoutMs);
  }

  /** Name of the RPC. */
  get rpc(): string {
    return this.#codec.rpc;
  }

  /**
   * Lets the call in, or not; before its body is read. Errors: CKR_DEVICE_REMOVED while the server stops,
   * CKR_IBM_GREP11_NOT_AUTHENTICATED, CKR_FUNCTION_REJECTED, CKR_IBM_REQ_TIMEOUT.
   */
  async admit(): Promise<void> {
    if (this.#admission.draining) throw new CkError(CKR_DEVICE_REMOVED, "the server is stopping", { retry: true });
    if (this.#arrival.foreignOrigin) throw notPermitted("web pages of this origin may not call");
    const { bearer, connection, authorization } = this.#arrival;
    const { peer } = connection;
    if (bearer !== undefined) {
      const token = authorization?.replace(/^bearer +/i, "").trim();
      if (!token) throw notAuthenticated("the call carries no token");
      this.#principal = await bearer(token, peer);
      if (this.#principal === undefined) throw notAuthenticated("the token is not valid");
    } else if (peer.certificate !== undefined) {
      this.#principal = { name: peer.certificate.name };
    }
    const { authorise } = this.#admission.options;
    if (authorise !== undefined && !(await authorise(this.#principal, ACTIONS[this.#method]))) {
      throw notPermitted("the caller may not use this function");
    }
    this.#requireRunning();
    this.#admitted = true;
    connection.callAdmitted();
  }

  /**
   * Counts `received` bytes of the body until the call ends, JSON at the memory that it takes. Returns false when all
   * calls together, or this caller, hold too many.
   */
  hold(received: number): boolean {
    const bytes = this.#arrival.json ? received * JSON_WEIGHT : received;
    if (!this.#admission.bodies.take(this.#principal?.name, bytes)) return false;
    this.#heldBytes += bytes;
    return true;
  }

  /**
   * Decodes, calls and encodes. Errors: every CkError of the codec and of the method, CKR_IBM_REQ_TIMEOUT,
   * CKR_DEVICE_MEMORY, CKR_IBM_GREP11_CANNOT_MARSHAL, CKR_IBM_TRANSPORT_LIMIT for a response that is too large for JSON.
   */
  async run(message: WireRequestOf<M>): Promise<WireResponseOf<M>> {
    const answer = this.#codec.response.encode(await this.#answer(message), message);
    // Whoever sends the answer serialises it too, but too late to name the error.
    const { length } = writable(() => this.#codec.response.serialise(answer));
    if (this.#arrival.json && length > jsonLimit(this.#admission.options)) throw jsonAnswerTooLarge();
    this.#holdAnswer(length);
    return answer;
  }

  /**
   * As `run`, from and to messages in their envelopes. Further errors: CKR_IBM_TRANSPORT_LIMIT and
   * CKR_IBM_GREP11_CANNOT_UNMARSHAL for what is no message of the RPC.
   */
  async runEnvelope(body: Uint8Array): Promise<Uint8Array> {
    const message = this.#codec.request.parse(openEnvelope(body));
    const response = await this.#answer(message);
    const envelope = writable(() => this.#codec.response.write(response, message, allocateEnvelope));
    this.#holdAnswer(envelope.length);
    return envelope;
  }

  /** Called when the response is being sent: calls `giveUp` unless `end` is called, since the caller has read it, within bodyTimeoutMs. */
  expectReader(giveUp: () => void): void {
    if (this.#finished) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(giveUp, this.#admission.options.bodyTimeoutMs ?? DEFAULT_BODY_TIMEOUT_MS);
  }

  /** Counts the response instead of the request, until the caller has read it. Errors: CKR_DEVICE_MEMORY with `retry`. */
  #holdAnswer(bytes: number): void {
    const before = this.#heldBytes;
    // A caller that has disconnected reads nothing.
    this.#heldBytes = 0;
    if (this.#finished) return;
    if (!this.#admission.bodies.exchange(this.#principal?.name, before, bytes)) {
      throw busy("too many bytes of responses wait to be read");
    }
    this.#heldBytes = bytes;
  }

  #answer(message: WireRequestOf<M>): Promise<ResponseOf<M>> {
    this.#requireRunning();
    return this.#call(this.#codec.request.decode(message));
  }

  #call(request: RequestOf<M>): Promise<ResponseOf<M>> {
    const whenStopped = (listener: (reason: CkError) => void) => this.#whenStopped(listener);
    // Most methods never look at the signal, and an AbortController costs more than many of them.
    let controller: AbortController | undefined;
    const options: CallOptions = {
      get signal(): AbortSignal {
        if (controller === undefined) {
          const made = new AbortController();
          controller = made;
          whenStopped((reason) => made.abort(reason));
        }
        return controller.signal;
      },
      timeoutMs: this.#timeoutMs - (performance.now() - this.#began),
      ...(this.#principal === undefined
        ? { peer: this.#arrival.connection.network }
        : { principal: this.#principal.name }),
    };
    const { ep11 } = this.#admission.options;
    const method = ep11[this.#method] as (request: RequestOf<M>, options: CallOptions) => Promise<ResponseOf<M>>;
    return method.call(ep11, request, options);
  }

  #requireRunning(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  /**
   * `work`, unless the deadline passes or the caller hangs up before; whoever admits and runs a call waits by this.
   * Errors: those of `work`, CKR_IBM_REQ_TIMEOUT, CKR_FUNCTION_CANCELED.
   */
  untilStopped<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      work.then(resolve, reject);
      this.#whenStopped(reject);
    });
  }

  #whenStopped(listener: (reason: CkError) => void): void {
    if (this.#stopped === undefined) this.#onStop.push(listener);
    else listener(this.#stopped);
  }

  #stop(reason: CkError): void {
    if (this.#finished || this.#stopped !== undefined) return;
    this.#stopped = reason;
    for (const listener of this.#onStop.splice(0)) listener(reason);
  }

  /** As Admission.failure, for this RPC. */
  failure(thrown: unknown): CkError {
    return this.#admission.failure(thrown, this.rpc);
  }

  /** Tells the connection how the call ended, and whether it counts as misuse. */
  #account(outcome: Outcome | undefined): void {
    const { connection } = this.#arrival;
    if (this.#admitted) connection.callEnded(outcome !== undefined);
    const refused = outcome instanceof CkError && REFUSALS.has(outcome.rv);
    if (outcome === undefined ? !this.#wasDue() : refused && !this.#admitted) connection.misused();
  }

  /** Whether a caller who has hung up did so at the deadline that the call named, as clients of gRPC do. */
  #wasDue(): boolean {
    const lived = performance.now() - this.#began;
    const due = Math.min(DUE_SHARE * this.#timeoutMs, Math.max(this.#timeoutMs / 2, this.#timeoutMs - DUE_MARGIN_MS));
    return this.#admitted && lived >= SHORTEST_CALL_MS && lived >= due;
  }

  /** Ends and records the call; whatever still runs for it may stop. Without an outcome the caller has hung up. */
  end(outcome: Outcome | undefined): void {
    if (outcome !== "answered") this.#stop(OVER);
    this.#finished = true;
    this.#onStop = [];
    clearTimeout(this.#timer);
    this.#account(outcome);
    if (this.#heldBytes > 0) this.#admission.bodies.give(this.#principal?.name, this.#heldBytes);
    this.#admission.ended();
    const { onCall } = this.#admission.options;
    if (onCall === undefined) return;
    const record: CallRecord = {
      rpc: this.rpc,
      action: ACTIONS[this.#method],
      protocol: this.#arrival.protocol,
      principal: this.#principal?.name,
      peer: this.#arrival.connection.peer,
      admitted: this.#admitted,
      rv: outcome === undefined ? CKR_FUNCTION_CANCELED : outcome === "answered" ? CKR_OK : outcome.rv,
      ms: performance.now() - this.#began,
    };
    guarded(() => onCall(record));
  }
}

/** What `write` makes of an answer. Errors: its CkErrors, else CKR_IBM_GREP11_CANNOT_MARSHAL. */
function writable(write: () => Uint8Array): Uint8Array {
  try {
    return write();
  } catch (thrown) {
    throw thrown instanceof CkError ? thrown : unwritable(thrown);
  }
}

/** Runs a hook of the program around the server, whose mistakes are no reason to fail a call. */
function guarded(hook: () => void): void {
  try {
    hook();
  } catch (thrown) {
    process.emitWarning(`a hook of the server has thrown: ${thrown instanceof Error ? thrown.name : typeof thrown}`);
  }
}
