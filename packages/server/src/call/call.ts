/**
 * The lifecycle of a call: its deadline, its cancellation, and the memory that is counted for it. This file does not
 * depend on access rights or protocols. The pipeline (pipeline.ts) makes the response, and the transport (exchange.ts)
 * reads the request and sends the reply.
 */
import * as ck from "@grep11/cryptoki";
import { BodyBudget } from "../limits/body-budget.ts";
import { JSON_WEIGHT, jsonLimit } from "../limits/sizes.ts";
import type { Grep11ServerOptions } from "../options.ts";
import type { ServiceMethod } from "../services/service.ts";
import { busy, canceled, stopping, timedOut, tooManyInFlight, unread } from "../status.ts";
import { newCallContext, type ServerCall } from "./call-context.ts";
import { type Deadline, Deadlines, isDue } from "./deadlines.ts";
import { ENVELOPE_BYTES } from "./envelope.ts";
import type { BodyLimits, Exchange } from "./exchange.ts";
import { type Attempt, RecentRefusals } from "./recent-refusals.ts";

/** Makes the response to a call, or throws. Reads the body only after the call was admitted. */
export type Respond = (call: Call) => Promise<Uint8Array>;

/** How a call ended. Undefined while it runs, and if the caller disconnected before the reply. */
type Outcome = "success" | ck.CkError | undefined;

/**
 * The reason with which running work is stopped when its call is over. It is created only once, because creating an
 * error with its stack takes as much time as refusing a call.
 */
const OVER = canceled();

/** The return values of calls that were not admitted. */
const REFUSALS: ReadonlySet<number> = new Set([ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, ck.CKR_FUNCTION_REJECTED]);
const DEFAULT_CALL_TIMEOUT_MS = 90_000;
const DEFAULT_BODY_TIMEOUT_MS = 30_000;
/** The default of `maxPendingBytes`, which limits how many bytes of requests and responses are in memory. */
const DEFAULT_PENDING_BYTES = 256 * 1024 * 1024;

/** The settings and counters that all calls of one server share. */
export class Calls {
  readonly callTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly maxJsonBytes: number;
  readonly budget: BodyBudget;
  readonly deadlines = new Deadlines();
  readonly refusals = new RecentRefusals(this.deadlines);
  readonly respond: Respond;
  /** Whether the server is stopping. If so, every new call is refused. */
  draining = false;
  readonly #onCall: Grep11ServerOptions["onCall"];
  readonly #onError: Grep11ServerOptions["onError"];
  /** Whether an interceptor or the hook `onCall` needs the context of each call. */
  readonly #isObserved: boolean;
  #inFlight = 0;

  /** `largest` is the size, in bytes, of the largest request that any method accepts. */
  constructor(options: Grep11ServerOptions, largest: number, respond: Respond) {
    this.callTimeoutMs = options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.bodyTimeoutMs = options.bodyTimeoutMs ?? DEFAULT_BODY_TIMEOUT_MS;
    this.maxJsonBytes = jsonLimit(options);
    const largestHeld = Math.max(largest + ENVELOPE_BYTES, this.maxJsonBytes * JSON_WEIGHT);
    this.budget = new BodyBudget(options.maxPendingBytes ?? DEFAULT_PENDING_BYTES, largestHeld);
    this.respond = respond;
    this.#onCall = options.onCall;
    this.#onError = options.onError;
    this.#isObserved = options.onCall !== undefined || (options.interceptors ?? []).length > 0;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Serves a call of `method` whose head has arrived. Reads the body of the request and sends the reply. */
  serve(method: ServiceMethod, exchange: Exchange): void {
    this.#inFlight += 1;
    const start = performance.now();
    const context = this.#isObserved ? newCallContext(method, exchange, start) : undefined;
    void new Call(this, method, exchange, start, context).serve();
  }

  /** Records that a call is over, and calls the hook `onCall`. */
  ended(context: ServerCall | undefined, rv: number): void {
    this.#inFlight -= 1;
    const onCall = this.#onCall;
    if (onCall === undefined || context === undefined) return;
    guarded(() => onCall({ ...context, rv, ms: performance.now() - context.start }));
  }

  /**
   * Returns the error that the caller gets for `thrown`. It is `thrown` itself if that is a CkError, otherwise
   * CKR_GENERAL_ERROR. The cause is passed to `onError` and never sent to the caller.
   */
  failure(thrown: unknown, rpc: string): ck.CkError {
    const error = ck.CkError.from(thrown);
    if (error.cause !== undefined) guarded(() => this.#onError?.(error, rpc));
    return error;
  }
}

/** One call. It exists from the arrival of its head until its response has been read. */
export class Call implements BodyLimits {
  readonly method: ServiceMethod;
  readonly exchange: Exchange;
  /** The context for interceptors and `onCall`. Undefined if the server has neither. */
  readonly context: ServerCall | undefined;
  readonly maxBytes: number;
  readonly #calls: Calls;
  readonly #start: number;
  readonly #timeoutMs: number;
  /** The deadline of the call. After the reply, the deadline by which the caller must have read the response. */
  #deadline: Deadline;
  #principal: string | undefined;
  #admitted = false;
  /** How many bytes of memory are counted for this call. */
  #heldBytes = 0;
  /** How many bytes of the response count as unread, see `BodyBudget.exchange`. */
  #unreadBytes = 0;
  #stopped: ck.CkError | undefined;
  /**
   * The listeners to call when the call is stopped. Cleared when the call ends, because node:http2 keeps closed streams
   * in memory for a while.
   */
  #onStop: ((reason: ck.CkError) => void)[] = [];
  /**
   * Created only when the implementation reads `signal`. Most calls never need it, and creating one takes longer than
   * many calls.
   */
  #controller: AbortController | undefined;
  /** The request that the implementation is processing. Undefined before it is called and after it has responded. */
  #invoked: object | undefined;
  #outcome: Outcome;
  #hasReplied = false;
  #ended = false;

  constructor(calls: Calls, method: ServiceMethod, exchange: Exchange, start: number, context: ServerCall | undefined) {
    this.#calls = calls;
    this.method = method;
    this.exchange = exchange;
    this.context = context;
    this.maxBytes = exchange.json ? Math.min(method.maxBytes, calls.maxJsonBytes) : method.maxBytes;
    this.#start = start;
    this.#timeoutMs = Math.min(exchange.timeoutMs ?? calls.callTimeoutMs, calls.callTimeoutMs);
    this.#deadline = calls.deadlines.add(start + this.#timeoutMs, () => this.#expire());
  }

  /**
   * Makes the response and sends it, or sends the error. In addition to the errors of the pipeline, the caller may get:
   * - CKR_DEVICE_REMOVED while the server stops;
   * - CKR_IBM_REQ_TIMEOUT if the deadline has passed;
   * - CKR_DEVICE_MEMORY if too many calls wait for admission.
   */
  async serve(): Promise<void> {
    this.exchange.onClose(() => this.#end());
    try {
      if (!this.exchange.connection.callArrived()) throw tooManyInFlight();
      if (this.#calls.draining) throw stopping();
      this.#reply(await this.#calls.respond(this));
    } catch (thrown) {
      // After a reply or a disconnection, errors are ignored, because they only come from stopped work.
      if (this.#isOver) return;
      const error = this.#calls.failure(thrown, this.method.descriptor.name);
      if (this.#invoked !== undefined) this.#calls.refusals.note(this.#attempt(this.#invoked), error);
      this.#reply(error);
    }
  }

  /** Whether a reply was sent or the caller has disconnected. Nothing more is sent then. */
  get #isOver(): boolean {
    return this.#hasReplied || this.#ended;
  }

  /**
   * Sends the result of the call, unless a reply was sent before. Then limits how long the caller may take to read it.
   */
  #reply(result: Uint8Array | ck.CkError): void {
    if (this.#isOver) return;
    this.#outcome = result instanceof ck.CkError ? result : "success";
    this.exchange.reply(result);
    this.#hasReplied = true;
    // If the call has ended during `reply`, it needs no further deadline.
    if (this.#ended) return;
    const { deadlines, bodyTimeoutMs } = this.#calls;
    deadlines.cancel(this.#deadline);
    this.#deadline = deadlines.add(performance.now() + bodyTimeoutMs, () => {
      this.#outcome = unread();
      this.exchange.discard();
    });
  }

  /** Ends the call with an error because its deadline has passed. */
  #expire(): void {
    const error = timedOut("the deadline has passed");
    this.#stop(error);
    this.#reply(error);
  }

  /** Records who makes the call. `caller` is undefined if no credentials are required. */
  identified(caller: ck.Principal | undefined): void {
    this.#principal = caller?.name;
    // The context gets a copy, so that interceptors cannot change the caller.
    if (this.context !== undefined) this.context.caller = caller && { ...caller };
  }

  /**
   * Records that the caller may make the call. Throws CKR_IBM_REQ_TIMEOUT or CKR_FUNCTION_CANCELED if the call is
   * already over. Throws CKR_DEVICE_MEMORY with `retry` if too many calls of this caller are in progress.
   */
  admitted(): void {
    this.requireRunning();
    if (!this.#calls.budget.begin(this.#principal)) throw tooManyInFlight();
    this.#admitted = true;
    if (this.context !== undefined) this.context.admitted = true;
    this.exchange.connection.callAdmitted();
  }

  get bodyTimeoutMs(): number {
    return this.#calls.bodyTimeoutMs;
  }

  /**
   * Counts `received` bytes of the body until the call ends. JSON counts as the memory that parsing it takes. Returns
   * false if all calls together, or all calls of this caller, use too much memory.
   */
  reserve(received: number): boolean {
    const bytes = this.exchange.json ? received * JSON_WEIGHT : received;
    if (!this.#calls.budget.reserve(this.#principal, bytes)) return false;
    this.#heldBytes += bytes;
    return true;
  }

  /**
   * Counts the memory of the response instead of the memory of the request, until the caller has read the response.
   * Throws CKR_DEVICE_MEMORY with `retry` if too many bytes of responses wait to be read.
   */
  holdResponse(bytes: number): void {
    this.#invoked = undefined;
    const before = this.#heldBytes;
    // If the caller has disconnected, there is no response to count.
    this.#heldBytes = 0;
    if (this.#ended) return;
    const unread = this.#calls.budget.exchange(this.#principal, before, bytes);
    if (unread === undefined) throw busy("too many bytes of responses wait to be read");
    this.#heldBytes = bytes;
    this.#unreadBytes = unread;
  }

  /**
   * Calls the implementation of the method and returns its result. If the implementation has just refused a similar
   * call, rejects with the same error instead.
   */
  invoke(request: object): Promise<object> {
    const { refusals } = this.#calls;
    const refusal = refusals.isEmpty ? undefined : refusals.find(this.#attempt(request));
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#invoked = request;
    return this.method.invoke(request, this.#options());
  }

  #attempt(request: object): Attempt {
    const principal = this.#principal;
    const caller = principal === undefined ? `peer ${this.exchange.connection.network}` : `principal ${principal}`;
    return { method: this.method, caller, request, timeoutMs: this.#timeoutMs };
  }

  #options(): ck.CallOptions {
    const signalOf = () => this.#signal();
    return {
      get signal() {
        return signalOf();
      },
      timeoutMs: this.#timeoutMs - (performance.now() - this.#start),
      report: this.context,
      ...(this.#principal === undefined ? { peer: this.exchange.connection.network } : { principal: this.#principal }),
    };
  }

  #signal(): AbortSignal {
    const controller = this.#controller ?? new AbortController();
    if (this.#controller === undefined) this.#whenStopped((reason) => controller.abort(reason));
    this.#controller = controller;
    return controller.signal;
  }

  /** Throws CKR_IBM_REQ_TIMEOUT or CKR_FUNCTION_CANCELED if the call is over. */
  requireRunning(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  /**
   * Waits for `work`. Rejects with CKR_IBM_REQ_TIMEOUT if the deadline passes first, and with CKR_FUNCTION_CANCELED if
   * the caller disconnects first.
   */
  untilStopped<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      work.then(resolve, reject);
      this.#whenStopped(reject);
    });
  }

  #whenStopped(listener: (reason: ck.CkError) => void): void {
    if (this.#stopped === undefined) this.#onStop.push(listener);
    else listener(this.#stopped);
  }

  #stop(reason: ck.CkError): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = reason;
    for (const listener of this.#onStop.splice(0)) listener(reason);
  }

  /** Ends the call, because nothing more can be sent or received. Tells work that is still running to stop. */
  #end(): void {
    const outcome = this.#outcome;
    this.#ended = true;
    if (outcome !== "success") this.#stop(OVER);
    this.#onStop = [];
    this.#calls.deadlines.cancel(this.#deadline);
    this.#account(outcome);
    if (this.#admitted) this.#calls.budget.end(this.#principal, this.#heldBytes, this.#unreadBytes);
    this.#calls.ended(
      this.context,
      outcome === undefined ? ck.CKR_FUNCTION_CANCELED : outcome === "success" ? ck.CKR_OK : outcome.rv,
    );
  }

  /** Tells the connection how the call ended and whether it counts as misuse. */
  #account(outcome: Outcome): void {
    const { connection } = this.exchange;
    if (this.#admitted) connection.callEnded(outcome !== undefined);
    else connection.callRefused();
    const refused = outcome instanceof ck.CkError && REFUSALS.has(outcome.rv);
    if (outcome === undefined ? !this.#wasDue() : refused && !this.#admitted) connection.misused();
  }

  /** Whether the caller disconnected because its deadline had passed, judging by the time. */
  #wasDue(): boolean {
    return this.#admitted && isDue(this.#timeoutMs, performance.now() - this.#start);
  }
}

/** Runs a hook of the program that embeds the server. An exception in the hook does not fail the call. */
function guarded(hook: () => void): void {
  try {
    hook();
  } catch (thrown) {
    process.emitWarning(`a hook of the server has thrown: ${thrown instanceof Error ? thrown.name : typeof thrown}`);
  }
}
