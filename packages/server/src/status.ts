/** Creates the errors of the server itself, and converts every CkError to a gRPC code with one Grep11Error. */
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import { encodeError, Grep11ErrorSchema } from "@grep11/proto";

/** Maps return values that concern the service rather than cryptography to gRPC codes. All others become UNKNOWN. */
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
 * Returns the gRPC code of a CK_RV. It is UNKNOWN for every result of cryptography, as GREP11 clients expect.
 * RewrapKeyBlob without a next master key must not return UNAVAILABLE, because clients would retry in vain.
 */
function codeOf(rv: number, rpc: string): Code {
  if (rv === ck.CKR_IBM_WK_NOT_INITIALIZED && rpc === "RewrapKeyBlob") return Code.Unknown;
  return CODES.get(rv) ?? Code.Unknown;
}

/** Converts `error` to the error that is sent. Its message is the CKR name, and its only detail is a Grep11Error. */
export function connectError(error: ck.CkError, rpc: string): ConnectError {
  const detail = { desc: Grep11ErrorSchema, value: encodeError(error, rpc) };
  return new ConnectError(error.rvName, codeOf(error.rv, rpc), undefined, [detail], error);
}

/** The trailers of a call that has succeeded. */
const SUCCESS: readonly string[] = ["grpc-status", "0"];

/** Caches the trailers of errors that are thrown repeatedly, by the name of the RPC. */
const refusals = new WeakMap<ck.CkError, Map<string, readonly string[]>>();

/**
 * Returns the trailers of a gRPC call with this result, as alternating names and values. For an error, they contain the
 * status, the message, and the detail in google.rpc.Status.
 */
export function grpcTrailers(result: Uint8Array | ck.CkError, rpc: string): readonly string[] {
  if (!(result instanceof ck.CkError)) return SUCCESS;
  // Only these errors are cached. In a flood or under overload, most calls end with one of a few of them.
  if (!result.retry && result.rv !== ck.CKR_IBM_GREP11_NOT_AUTHENTICATED) return trailersOf(result, rpc);
  const byRpc = refusals.get(result) ?? new Map<string, readonly string[]>();
  refusals.set(result, byRpc);
  const trailers = byRpc.get(rpc) ?? trailersOf(result, rpc);
  byRpc.set(rpc, trailers);
  return trailers;
}

function trailersOf(error: ck.CkError, rpc: string): readonly string[] {
  return [...setTrailerStatus(new Headers(), connectError(error, rpc))].flat();
}

/** Returns the error for a body that is not a message of the RPC. */
export function unreadable(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, "the body is not one message of this RPC");
}

/** Returns the error for a malformed timeout header. */
export function badDeadline(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, "the deadline is not a time");
}

/** Returns the error for a response that cannot be encoded as a message of the RPC. */
export function unwritable(cause: unknown): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_MARSHAL, "the response cannot be encoded", { cause });
}

/** Returns the error for a body that is larger than the limit of the RPC. */
export function tooLarge(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, "the request is larger than the limit of this RPC");
}

/** Returns the error for a JSON request that is larger than the limit. */
export function jsonTooLarge(maxBytes: number): ck.CkError {
  const limits = `${maxBytes} bytes, at most 128 KiB of them outside of plain base64, with few names and values`;
  const detail = `as JSON this RPC accepts up to ${limits}; send a larger message as binary protobuf`;
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, detail);
}

/** Returns the error for a response that is too large for JSON. */
export function jsonResponseTooLarge(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, "the response is too large for JSON; call with binary protobuf");
}

/** Returns the error for too many connections, calls or other objects at once. */
export function busy(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
}

/** Returns the error for requests that would take too much memory while they are received or processed. */
export function tooManyInFlight(): ck.CkError {
  return busy("too many calls, or too many bytes of requests, are in progress");
}

/** Returns the error for calls that arrive while the server stops. */
export function stopping(): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_REMOVED, "the server is stopping", { retry: true });
}

/** Returns the error for a deadline that has passed, or a body that did not arrive in time. */
export function timedOut(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_REQ_TIMEOUT, detail, { retry: true });
}

/**
 * Returns the error for a response that was not read in time. The caller does not get this error, but it is recorded.
 */
export function unread(): ck.CkError {
  return timedOut("the response was not read in time");
}

/**
 * Returns the error for a call whose caller has disconnected. The caller does not get this error, but it is recorded.
 */
export function canceled(): ck.CkError {
  return new ck.CkError(ck.CKR_FUNCTION_CANCELED, "the caller gave up");
}

/** Returns the error for a caller that is not identified by a bearer token or a certificate. */
export function notAuthenticated(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, detail);
}

/** Returns the error for a caller who is identified but may not make the call. */
export function notPermitted(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_FUNCTION_REJECTED, detail);
}
