/**
 * Defines interceptors, which are functions that run around every call on a server, on a client, or on an engine in the same
 * process.
 */
import type { CallContext } from "./call-context.ts";
import type { CallOptions, Ep11 } from "./ep11.ts";
import { CkError } from "./error.ts";
import { CKR_OK } from "./gen/ckr.ts";
import { EP11_METHODS } from "./request.ts";
import type { Mechanism } from "./types.ts";

/** The response of a call: the response object of a method of Ep11, or the message of another service. */
export type CallResponse = object;

/**
 * Runs around a call. `next` carries out the call, through the interceptors that follow. Its promise settles with the response or
 * with the error, also if the call was cancelled. An interceptor may wait, refuse the call by throwing a CkError, or return
 * another object as the response. Changes inside the object that `next` returned may have no effect. If an interceptor throws
 * anything but a CkError, the call fails with CKR_GENERAL_ERROR. On a server it runs after admission, so it cannot admit a call
 * that was refused, nor change who the caller is.
 *
 *     const timing: Interceptor = async (call, next) => {
 *       try {
 *         return await next();
 *       } finally {
 *         console.log(call.rpc, call.rv, call.ms);
 *       }
 *     };
 */
export type Interceptor = (call: CallContext, next: () => Promise<CallResponse>) => Promise<CallResponse>;

/** A CallContext whose fields can be assigned. */
export type OngoingCall = { -readonly [K in keyof Omit<CallContext, "mechanisms" | "keys">]: CallContext[K] } & {
  readonly mechanisms: number[];
  readonly keys: CallContext["keys"][number][];
};

/** Runs a call through a chain of interceptors; the innermost step is `last`, which makes the call. */
export type InterceptedRun = (call: OngoingCall, last: () => Promise<CallResponse>) => Promise<CallResponse>;

/** Combines `interceptors` into one; the first is outermost. When an interceptor ends, `rv` and `ms` are set to its result. */
export function composeInterceptors(interceptors: readonly Interceptor[]): InterceptedRun {
  return interceptors.reduceRight<InterceptedRun>(
    (inner, interceptor) => (call, last) => observed(call, () => interceptor(call, () => inner(call, last))),
    observed,
  );
}

function observed(call: OngoingCall, run: () => Promise<CallResponse>): Promise<CallResponse> {
  const result = settle(call, run);
  // An interceptor may ignore the promise of `next`. Without this handler, the rejection of that promise would end the process.
  result.catch(() => undefined);
  return result;
}

async function settle(call: OngoingCall, run: () => Promise<CallResponse>): Promise<CallResponse> {
  try {
    const response = await run();
    finish(call, CKR_OK);
    return response;
  } catch (thrown) {
    finish(call, CkError.from(thrown).rv);
    throw thrown;
  }
}

function finish(call: OngoingCall, rv: number): void {
  call.rv = rv;
  call.ms = performance.now() - call.start;
}

/**
 * Wraps `ep11` so that every call passes through `interceptors`, the first of which is outermost. A client sends the headers that
 * they add to `metadata`. An engine reports to them which mechanisms and keys a call uses.
 */
export function instrument(ep11: Ep11, ...interceptors: readonly Interceptor[]): Ep11 {
  if (interceptors.length === 0) return ep11;
  const run = composeInterceptors(interceptors);
  const instrumented = EP11_METHODS.map((method) => {
    const invoke = ep11[method] as (request: object, options: CallOptions) => Promise<object>;
    const rpc = method.charAt(0).toUpperCase() + method.slice(1);
    const intercepted = (request: object, options: CallOptions = {}): Promise<object> => {
      const { mechanisms = mechanismsOf(request), keys = [] } = options.report ?? {};
      const metadata = { ...options.headers };
      const call = { service: "grep11.Crypto", rpc, metadata, start: performance.now(), mechanisms, keys };
      return run(call, () => invoke.call(ep11, request, { ...options, headers: metadata, report: call }));
    };
    return [method, intercepted];
  });
  return Object.fromEntries(instrumented) as Ep11;
}

/** Returns the mechanisms (CKM_*) that a request of Ep11 names. */
export function mechanismsOf(request: object): number[] {
  const { mech, decMech, encMech } = (request ?? {}) as Partial<Record<string, Mechanism | number>>;
  return [mech, decMech, encMech]
    .map((named) => (typeof named === "object" && named !== null ? named.mechanism : named))
    .filter((mechanism) => typeof mechanism === "number");
}
