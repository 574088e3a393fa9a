/** Explains why a connection failed and what to do about it, by the error codes of Node and OpenSSL. */
import * as ck from "@grep11/cryptoki";
import { serverUrl } from "./server-url.ts";
import type { Settings } from "./settings.ts";

/** Advice for error codes that have the same cause. If `what` is set, it replaces the message of the error. */
interface Row {
  readonly codes: RegExp;
  readonly what?: string;
  readonly next: string;
}

/** Matches messages of our client that say that the server closed the connection. Node gives no reason in this case. */
const CLOSED = /^(the server closed the connection before|the stream was reset)/;

const ANOTHER_ADDRESS = "or name another with --address or GREP11_ADDRESS";

const ROWS: readonly Row[] = [
  {
    codes: /^ECONNREFUSED$/,
    next: `Nothing is listening there: start the server (to try: grep11-server --dev), ${ANOTHER_ADDRESS}.`,
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NONAME)$/,
    next: `The host name cannot be resolved: check its spelling and DNS, ${ANOTHER_ADDRESS}.`,
  },
  {
    codes: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/,
    next: `The host does not respond: check network and firewall, ${ANOTHER_ADDRESS}.`,
  },
  {
    codes: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    what: "the server does not speak TLS",
    next: "Use http://HOST:PORT for a server without TLS; credentials are only sent without TLS to this machine.",
  },
  {
    codes: /^ERR_HTTP2_ERROR$/,
    what: "the service there does not speak HTTP/2",
    next: `It is not a GREP11 service: check the port, ${ANOTHER_ADDRESS}.`,
  },
  {
    codes:
      /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/,
    what: "the certificate of the server is not issued by a trusted CA",
    next: "Give the CA that issued it with --ca-cert or GREP11_CA_CERT; that of grep11-server --dev is .grep11/tls/ca.pem.",
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    what: "the certificate of the server, or one of its CA, has expired",
    next: "The operator of the server must renew it and send SIGHUP; `grep11 doctor` shows when it expired.",
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    what: "the certificate of the server is not valid yet",
    next: "Check the clocks of both machines.",
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    next: "Use a name that is in the certificate: in --address, or with --server-name if only the name differs.",
  },
  {
    codes: /^ERR_SSL_(TLSV13_ALERT_CERTIFICATE_REQUIRED|SSLV3_ALERT_HANDSHAKE_FAILURE)$/,
    what: "the server requires a client certificate",
    next: "Give yours with --client-cert and --client-key, or GREP11_CLIENT_CERT and GREP11_CLIENT_KEY.",
  },
  {
    codes:
      /^ERR_SSL_(SSLV3_ALERT_(BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE)|TLSV1_ALERT_(UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR))$/,
    what: "the server refuses the client certificate",
    next: "It must be valid now, allow client authentication, and be issued by a CA that the server trusts (tls.cacert).",
  },
];

/** Describes a failed call by the name of its CK_RV and an explanation. */
export function failureText(error: ck.CkError): string {
  const what =
    rowOf(error)?.what ??
    (CLOSED.test(error.detail) ? "the server closed the connection before it responded" : undefined);
  return what === undefined ? error.message : `${error.rvName}: ${what}`;
}

/** Returns advice if `error` says that a connection failed or broke, and otherwise undefined. */
export function connectionAdvice(error: ck.CkError, settings: Settings | undefined): string | undefined {
  if (/^IAM at \S+ redirects /.test(error.detail)) {
    return "Set --iam-endpoint or GREP11_IAMENDPOINT to the address of IAM itself; the API key is not sent to an address that redirects.";
  }
  if (/^IAM at /.test(error.detail)) return "Check --iam-endpoint or GREP11_IAMENDPOINT, and the network.";
  const row = rowOf(error);
  if (row !== undefined || error.rv !== ck.CKR_DEVICE_REMOVED || settings === undefined) return row?.next;
  if (!CLOSED.test(error.detail)) return undefined;
  if (serverUrl(settings).protocol === "http:") {
    return "If it requires TLS, the address is https://HOST:PORT. If it was just stopped, try again.";
  }
  return settings.cert === undefined
    ? undefined
    : "It may refuse the client certificate, which must be valid now, allow client authentication, and be issued by a CA that it trusts. If it was just stopped, try again.";
}

function rowOf(error: ck.CkError): Row | undefined {
  if (error.rv !== ck.CKR_DEVICE_REMOVED && error.rv !== ck.CKR_GENERAL_ERROR) return undefined;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const row = typeof code === "string" ? ROWS.find(({ codes }) => codes.test(code)) : undefined;
    if (row !== undefined) return row;
  }
  return undefined;
}
