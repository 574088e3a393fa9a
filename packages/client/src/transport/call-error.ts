/**
 * Converts the error that a transport throws to a CkError. The result is the error of the HSM, or an error that says
 * why the HSM's response did not arrive.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { decodeError, Grep11ErrorSchema } from "@grep11/proto";

/**
 * Returns the CkError for a failed call. A CkError that was thrown by the client, for example by a token source, is
 * returned unchanged. For other errors, the result is the first of these that applies:
 * 1. the Grep11Error in the details, with its code, text and retry flag;
 * 2. the CKR name that services put in the status message;
 * 3. CKR_DEVICE_REMOVED if the connection broke or could not be established. It may be retried, unless TLS refused the
 *    server;
 * 4. CKR_DEVICE_MEMORY if the server requests fewer calls by the HTTP/2 error ENHANCE_YOUR_CALM. It may be retried;
 * 5. the error for the gRPC code in the table below. Of these errors, only UNAVAILABLE may be retried.
 * The `cause` is always the error that the transport threw.
 */
export function callError(thrown: unknown): ck.CkError {
  const own = causes(thrown).find((cause) => cause instanceof ck.CkError);
  if (own !== undefined) return own;
  const error = ConnectError.from(thrown);
  const [detail] = error.findDetails(Grep11ErrorSchema);
  if (detail !== undefined) {
    const { rv, detail: text, retry } = decodeError(detail);
    return new ck.CkError(rv, text, { retry, cause: thrown });
  }
  const named = ck.ckrNumber(/\bCKR_\w+/.exec(error.rawMessage)?.[0] ?? "");
  if (named !== undefined && named !== ck.CKR_OK) return new ck.CkError(named, "", { cause: thrown });
  const broken = error.code === Code.Internal || error.code === Code.Aborted ? systemCode(thrown) : undefined;
  if (broken !== undefined) {
    return new ck.CkError(ck.CKR_DEVICE_REMOVED, error.rawMessage, { retry: isConnectionError(broken), cause: thrown });
  }
  if (error.code === Code.ResourceExhausted && error.rawMessage.includes("ENHANCE_YOUR_CALM")) {
    return new ck.CkError(ck.CKR_DEVICE_MEMORY, error.rawMessage, { retry: true, cause: thrown });
  }
  const rv = RETURN_VALUES[error.code] ?? ck.CKR_GENERAL_ERROR;
  return new ck.CkError(rv, error.rawMessage, { retry: error.code === Code.Unavailable, cause: thrown });
}

/** Maps gRPC codes to return values, for failures without a Grep11Error. All other codes become CKR_GENERAL_ERROR. */
const RETURN_VALUES: { readonly [code in Code]?: number } = {
  [Code.Unavailable]: ck.CKR_DEVICE_REMOVED,
  [Code.DeadlineExceeded]: ck.CKR_IBM_REQ_TIMEOUT,
  [Code.Canceled]: ck.CKR_FUNCTION_CANCELED,
  [Code.Unauthenticated]: ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
  [Code.PermissionDenied]: ck.CKR_ACTION_PROHIBITED,
  [Code.Unimplemented]: ck.CKR_FUNCTION_NOT_SUPPORTED,
  [Code.InvalidArgument]: ck.CKR_ARGUMENTS_BAD,
  [Code.ResourceExhausted]: ck.CKR_IBM_TRANSPORT_LIMIT,
  [Code.Internal]: ck.CKR_IBM_TRANSPORT_ERROR,
  [Code.DataLoss]: ck.CKR_IBM_TRANSPORT_ERROR,
};

/**
 * Returns whether `code` is a Node.js error code for a failed socket or HTTP/2 stream. Returns false for other codes,
 * such as those for certificate errors.
 */
export function isConnectionError(code: string): boolean {
  return /^(E(?!RR_)|ERR_HTTP2_|ERR_STREAM_)/.test(code);
}

/**
 * Returns the code of the first system error among `thrown` and its causes, such as "ECONNRESET". Returns undefined if
 * there is no system error.
 */
function systemCode(thrown: unknown): string | undefined {
  return causes(thrown)
    .map((cause) => ("code" in cause ? cause.code : undefined))
    .find((code) => typeof code === "string");
}

/** Returns `thrown`, its cause, the cause of that, and so on. */
function causes(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && !chain.includes(error); error = error.cause) chain.push(error);
  return chain;
}
