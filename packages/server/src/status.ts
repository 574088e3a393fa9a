/** CK_RV and gRPC codes, both ways, each by one table. */
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import { encodeError, Grep11ErrorSchema } from "@grep11/proto";

/** Return values that say something about the service rather than about cryptography; all others are UNKNOWN. */
const CODES: ReadonlyMap<number, Code> = new Map([
  [ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, Code.Unauthenticated],
  [ck.CKR_FUNCTION_REJECTED, Code.PermissionDenied],
  [ck.CKR_IBM_TRANSPORT_LIMIT, Code.ResourceExhausted],
  [ck.CKR_DEVICE_MEMORY, Code.ResourceExhausted],
  [ck.CKR_IBM_REQ_TIMEOUT, Code.DeadlineExceeded],
  [ck.CKR_IBM_WK_NOT_INITIALIZED, Code.Unavailable],
  [ck.CKR_DEVICE_REMOVED, Code.Unavailable],
  [ck.CKR_FUNCTION_NOT_SUPPORTED, Code.Unimplemented],
]);

/**
 * The gRPC code of a CK_RV; UNKNOWN for every result of cryptography, as GREP11 clients expect. RewrapKeyBlob misses
 * the next master key, which is no reason to call again as every client does on UNAVAILABLE.
 */
function codeOf(rv: number, rpc: string): Code {
  if (rv === ck.CKR_IBM_WK_NOT_INITIALIZED && rpc === "RewrapKeyBlob") return Code.Unknown;
  return CODES.get(rv) ?? Code.Unknown;
}

/** `error` as it leaves the server: the CKR name as message and exactly one detail, a Grep11Error. */
export function connectError(error: ck.CkError, rpc: string): ConnectError {
  const detail = { desc: Grep11ErrorSchema, value: encodeError(error, rpc) };
  return new ConnectError(error.rvName, codeOf(error.rv, rpc), undefined, [detail], error);
}

/** Trailers of errors that are thrown again and again, by RPC. */
const refusals = new WeakMap<ck.CkError, Map<string, Record<string, string>>>();

/** `error` as the trailers of a gRPC call: status, message and the detail in google.rpc.Status. */
export function grpcTrailers(error: ck.CkError, rpc: string): Record<string, string> {
  if (!error.retry) return trailersOf(error, rpc);
  // The same few refusals end most calls under overload.
  const byRpc = refusals.get(error) ?? new Map<string, Record<string, string>>();
  refusals.set(error, byRpc);
  const trailers = byRpc.get(rpc) ?? trailersOf(error, rpc);
  byRpc.set(rpc, trailers);
  return trailers;
}

function trailersOf(error: ck.CkError, rpc: string): Record<string, string> {
  return Object.fromEntries(setTrailerStatus(new Headers(), connectError(error, rpc)));
}

/**
 * What a failure of the protocol layer means: a ConnectError that Connect raised before or after our code ran. Its text
 * may quote the request, so nothing of it is kept.
 */
export function protocolError(error: ConnectError, rpc: string): ck.CkError {
  switch (error.code) {
    case Code.InvalidArgument:
    case Code.Internal:
      return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, `the bytes are no ${rpc}Request`);
    case Code.ResourceExhausted:
      return tooLarge();
    case Code.Unimplemented:
      return new ck.CkError(ck.CKR_FUNCTION_NOT_SUPPORTED, "the protocol form of this request is not supported");
    default:
      return new ck.CkError(ck.CKR_GENERAL_ERROR, "the protocol layer failed");
  }
}

/** The body is not a message of the RPC. */
export function unreadable(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, "the body is not one message of this RPC");
}

/** The head of the request states a deadline that is none. */
export function badDeadline(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, "the deadline is not a time");
}

/** The method's answer is no message of the RPC. */
export function unwritable(cause: unknown): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_MARSHAL, "the answer cannot be encoded", { cause });
}

/** The body is larger than the RPC takes. */
export function tooLarge(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, "the request is larger than this RPC takes");
}

/** As `tooLarge`, for a request in JSON. */
export function jsonTooLarge(maxBytes: number): ck.CkError {
  const detail = `as JSON this RPC takes up to ${maxBytes} bytes of few names and values; send a larger message as binary protobuf`;
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, detail);
}

/** The response would be larger than JSON messages may be. */
export function jsonAnswerTooLarge(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, "the response is too large for JSON; call with binary protobuf");
}

/** There is too much of something at once. */
export function busy(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
}

/** The deadline passed, or the body did not arrive in time. */
export function timedOut(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_REQ_TIMEOUT, detail, { retry: true });
}

/** The response was not read in time. The caller does not get this error, but it is recorded. */
export function unread(): ck.CkError {
  return timedOut("the response was not read in time");
}

/** The caller has hung up; nobody reads this answer, but it is counted. */
export function canceled(): ck.CkError {
  return new ck.CkError(ck.CKR_FUNCTION_CANCELED, "the caller gave up");
}

/** Neither bearer token nor certificate say who is calling. */
export function notAuthenticated(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, detail);
}

/** The caller is known and may not do this. */
export function notPermitted(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_FUNCTION_REJECTED, detail);
}
