/** Turns what a transport throws into the CkError of the HSM, or into one that says what went wrong in transit. */
import { Code, ConnectError } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { decodeError, Grep11ErrorSchema } from "@grep11/proto";

/**
 * The CkError for a failed call. One that was thrown on this side, for example by a token source, is kept as it is; the others become
 * 1. the Grep11Error in the details, with its code, text and retry flag;
 * 2. else the CKR name in the status message, which services put there;
 * 3. else, when the connection broke or could not be established, CKR_DEVICE_REMOVED, to be retried unless TLS refused the peer;
 * 4. else what the gRPC code means, by the table below; of these only UNAVAILABLE may be retried.
 * `cause` is always what the transport threw.
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
  const rv = RETURN_VALUES[error.code] ?? ck.CKR_GENERAL_ERROR;
  return new ck.CkError(rv, error.rawMessage, { retry: error.code === Code.Unavailable, cause: thrown });
}

/** gRPC codes of failures that no Grep11Error explains; all others are CKR_GENERAL_ERROR. */
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

/** Whether `code` is one of Node's for sockets and HTTP/2 streams that failed, and not, for example, for a certificate. */
export function isConnectionError(code: string): boolean {
  return /^(E(?!RR_)|ERR_HTTP2_|ERR_STREAM_)/.test(code);
}

/** The code of the first system error among the causes of `thrown`, such as "ECONNRESET"; undefined without one. */
function systemCode(thrown: unknown): string | undefined {
  return causes(thrown)
    .map((cause) => ("code" in cause ? cause.code : undefined))
    .find((code) => typeof code === "string");
}

/** `thrown` and the errors below it, outermost first. */
function causes(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && !chain.includes(error); error = error.cause) chain.push(error);
  return chain;
}
