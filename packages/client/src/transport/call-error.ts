/** Converts the error that a transport throws to the CkError of the HSM, or to one that says what went wrong in transit. */
import { Code, ConnectError } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { decodeError, Grep11ErrorSchema } from "@grep11/proto";

/**
 * Returns the CkError for a failed call. One that was thrown on this side, for example by a token source, is returned unchanged.
 * For other errors, the first of these that applies:
 * 1. the Grep11Error in the details, with its code, text and retry flag;
 * 2. the CKR name that services put in the status message;
 * 3. CKR_DEVICE_REMOVED if the connection broke or could not be established. It may be retried unless TLS refused the peer;
 * 4. CKR_DEVICE_MEMORY, which may be retried, if HTTP/2 asked for fewer calls (ENHANCE_YOUR_CALM);
 * 5. the meaning of the gRPC code according to the table below. Of these errors only UNAVAILABLE may be retried.
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

/** The return values for gRPC codes of failures that no Grep11Error explains. All other codes become CKR_GENERAL_ERROR. */
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
 * Returns whether `code` is one of Node's codes for failed sockets and HTTP/2 streams, and not, for example, one for
 * certificates.
 */
export function isConnectionError(code: string): boolean {
  return /^(E(?!RR_)|ERR_HTTP2_|ERR_STREAM_)/.test(code);
}

/**
 * Returns the code of the first system error among the causes of `thrown`, such as "ECONNRESET", or undefined if there is none.
 */
function systemCode(thrown: unknown): string | undefined {
  return causes(thrown)
    .map((cause) => ("code" in cause ? cause.code : undefined))
    .find((code) => typeof code === "string");
}

/** Returns `thrown` and its causes, outermost first. */
function causes(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && !chain.includes(error); error = error.cause) chain.push(error);
  return chain;
}
