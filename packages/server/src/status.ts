/** The errors of the service itself, and how every CkError leaves the server: as a gRPC code with one Grep11Error. */
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
 * The gRPC code of a CK_RV; UNKNOWN for every result of cryptography, as GREP11 clients expect. Clients retry on UNAVAILABLE,
 * which does not help RewrapKeyBlob: it lacks the next master key.
 */
function codeOf(rv: number, rpc: string): Code {
  if (rv === ck.CKR_IBM_WK_NOT_INITIALIZED && rpc === "RewrapKeyBlob") return Code.Unknown;
  return CODES.get(rv) ?? Code.Unknown;
}

/** `error` in the form in which it leaves the server: the CKR name as message and exactly one detail, a Grep11Error. */
export function connectError(error: ck.CkError, rpc: string): ConnectError {
  const detail = { desc: Grep11ErrorSchema, value: encodeError(error, rpc) };
  return new ConnectError(error.rvName, codeOf(error.rv, rpc), undefined, [detail], error);
}

/** The trailers of a call that has succeeded. */
const SUCCESS: readonly string[] = ["grpc-status", "0"];

/** Trailers of errors that are thrown again and again, by RPC. */
const refusals = new WeakMap<ck.CkError, Map<string, readonly string[]>>();

/** The trailers of a gRPC call with this result, names and values alternating: for an error its status, message and the detail in google.rpc.Status. */
export function grpcTrailers(result: Uint8Array | ck.CkError, rpc: string): readonly string[] {
  if (!(result instanceof ck.CkError)) return SUCCESS;
  if (!result.retry) return trailersOf(result, rpc);
  // The same few refusals end most calls under overload.
  const byRpc = refusals.get(result) ?? new Map<string, readonly string[]>();
  refusals.set(result, byRpc);
  const trailers = byRpc.get(rpc) ?? trailersOf(result, rpc);
  byRpc.set(rpc, trailers);
  return trailers;
}

function trailersOf(error: ck.CkError, rpc: string): readonly string[] {
  return [...setTrailerStatus(new Headers(), connectError(error, rpc))].flat();
}

/** The body is not a message of the RPC. */
export function unreadable(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, "the body is not one message of this RPC");
}

/** The request's timeout header is malformed. */
export function badDeadline(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, "the deadline is not a time");
}

/** The response of the method is not a message of the RPC. */
export function unwritable(cause: unknown): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_MARSHAL, "the response cannot be encoded", { cause });
}

/** The body is larger than the limit of the RPC. */
export function tooLarge(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, "the request is larger than the limit of this RPC");
}

/** As `tooLarge`, for a request in JSON. */
export function jsonTooLarge(maxBytes: number): ck.CkError {
  const detail = `as JSON this RPC accepts up to ${maxBytes} bytes with few names and values; send a larger message as binary protobuf`;
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, detail);
}

/** The response would be larger than JSON messages may be. */
export function jsonResponseTooLarge(): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, "the response is too large for JSON; call with binary protobuf");
}

/** There is too much of something at once. */
export function busy(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
}

/** The requests that are being received or processed would take too much memory. */
export function tooManyInFlight(): ck.CkError {
  return busy("too many bytes of requests are in flight");
}

/** The server stops and accepts no more calls. */
export function stopping(): ck.CkError {
  return new ck.CkError(ck.CKR_DEVICE_REMOVED, "the server is stopping", { retry: true });
}

/** The deadline passed, or the body did not arrive in time. */
export function timedOut(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_REQ_TIMEOUT, detail, { retry: true });
}

/** The response was not read in time. The caller does not get this error, but it is recorded. */
export function unread(): ck.CkError {
  return timedOut("the response was not read in time");
}

/** The caller has hung up and gets no error, but the call is recorded with this one. */
export function canceled(): ck.CkError {
  return new ck.CkError(ck.CKR_FUNCTION_CANCELED, "the caller gave up");
}

/** Neither bearer token nor certificate identifies the caller. */
export function notAuthenticated(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, detail);
}

/** The caller is known and may not do this. */
export function notPermitted(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_FUNCTION_REJECTED, detail);
}
