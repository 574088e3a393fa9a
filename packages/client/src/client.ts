/** Implements Ep11 over any Connect transport: gRPC, gRPC-Web, Connect, or a router in the same process. */
import type { DescMethodUnary } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { codecs, type Ep11Method, type RequestOf, type ResponseOf, type WireResponseOf, wire } from "@grep11/proto";
import { callError } from "./transport/call-error.ts";
import type { WritingTransport } from "./transport/frame.ts";
import { type RetryOptions, withRetry } from "./transport/retry.ts";

/** Options of a client. */
export interface Grep11ClientOptions {
  /**
   * The default deadline of a call in milliseconds. If absent, a call has no deadline unless its own options set one.
   */
  readonly timeoutMs?: number;
  readonly retry?: RetryOptions;
  /**
   * Interceptors that run once around every call with all its retries. The first interceptor is the outermost. To send
   * headers, an interceptor adds them to `metadata` of the context.
   */
  readonly interceptors?: readonly ck.Interceptor[];
}

/**
 * Returns a client of the HSM at the other end of `transport`. Temporary failures are retried, see `withRetry`. Every
 * failure is a CkError:
 * - the error that the service returned;
 * - CKR_DEVICE_REMOVED if the service cannot be reached;
 * - CKR_IBM_REQ_TIMEOUT if the deadline has passed;
 * - CKR_FUNCTION_CANCELED if the signal was aborted;
 * - CKR_IBM_GREP11_NOT_AUTHENTICATED if the service refuses the credentials;
 * - the error of `requestFault`, with the name of the field, if the request is malformed. Such a request is not sent;
 * - otherwise, an error of call-error.ts.
 */
export function createGrep11Client(transport: Transport, options: Grep11ClientOptions = {}): ck.Ep11 {
  const methods = ck.EP11_METHODS.map((method) => [method, bind(transport, method, options)]);
  return ck.instrument(Object.fromEntries(methods) as ck.Ep11, ...(options.interceptors ?? []));
}

function bind<M extends Ep11Method>(transport: Transport, method: M, options: Grep11ClientOptions) {
  const { request: requests, response: responses } = codecs[method];
  const descriptor: DescMethodUnary = wire.Crypto.method[method];
  const defaults: ck.CallOptions = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
  return (request: RequestOf<M>, callOptions?: ck.CallOptions): Promise<ResponseOf<M>> => {
    const attempt = async ({ signal, timeoutMs, headers }: ck.CallOptions): Promise<ResponseOf<M>> => {
      try {
        const fault = ck.requestFault(method, request);
        if (fault !== undefined) throw fault;
        const parameters = [descriptor, signal, timeoutMs, headersOf(headers)] as const;
        const response = await (canWrite(transport)
          ? transport.unaryWritten(...parameters, (allocate) => requests.write(request, undefined, allocate))
          : transport.unary(...parameters, requests.encode(request)));
        return responses.decode(response.message as WireResponseOf<M>);
      } catch (error) {
        throw callError(error);
      }
    };
    return withRetry(attempt, { ...defaults, ...callOptions }, options.retry);
  };
}

function canWrite(transport: Transport): transport is WritingTransport {
  return "unaryWritten" in transport;
}

/** Converts the headers of a call. Errors: CKR_ARGUMENTS_BAD for a header field that HTTP does not allow. */
function headersOf(headers: ck.CallOptions["headers"]): Headers | undefined {
  try {
    return headers && new Headers(headers);
  } catch {
    throw ck.CkError.argumentsBad("a header has a name or value that HTTP does not allow");
  }
}
