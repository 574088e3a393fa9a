/** Why there is no connection, in words, and what to do: by the codes of Node and OpenSSL. */
import * as ck from "@grep11/cryptoki";
import { serverUrl } from "./connection.ts";
import type { Settings } from "./settings.ts";

/** Codes that mean the same, and what to do about them. The message of the code says what happened unless `what` does. */
interface Row {
  readonly codes: RegExp;
  readonly what?: string;
  readonly next: string;
}

/** The other side ended the connection and no error of Node says why. */
const HUNG_UP = /^(the server closed the connection before|the stream was reset)/;

const ANOTHER_ADDRESS = "or name another with --address or GREP11_ADDRESS";

const ROWS: readonly Row[] = [
  {
    codes: /^ECONNREFUSED$/,
    next: `Nothing listens there: start the server (for a try: grep11-server --dev), ${ANOTHER_ADDRESS}.`,
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NONAME)$/,
    next: `The name has no address: check its spelling and the DNS, ${ANOTHER_ADDRESS}.`,
  },
  {
    codes: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/,
    next: `The machine does not answer: check network and firewall, ${ANOTHER_ADDRESS}.`,
  },
  {
    codes: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    what: "the server does not speak TLS",
    next: "Reach a server without TLS by http://HOST:PORT; without certificate, key and token to this machine only.",
  },
  {
    codes: /^ERR_HTTP2_ERROR$/,
    what: "what listens there does not speak HTTP/2",
    next: `It is no GREP11 service: check the port, ${ANOTHER_ADDRESS}.`,
  },
  {
    codes:
      /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/,
    what: "the certificate of the server comes from nobody this program trusts",
    next: "Name the CA that made it with --ca-cert or GREP11_CA_CERT; that of grep11-server --dev is .grep11/tls/ca.pem.",
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    what: "the certificate of the server, or one of its CA, has expired",
    next: "The operator of the server must renew it and send SIGHUP; `grep11 doctor` tells since when.",
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    what: "the certificate of the server is not valid yet",
    next: "Are the clocks of both machines right?",
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    next: "Use a name that stands in the certificate: in --address, or with --server-name if only the name differs.",
  },
  {
    codes: /^ERR_SSL_(TLSV13_ALERT_CERTIFICATE_REQUIRED|SSLV3_ALERT_HANDSHAKE_FAILURE)$/,
    what: "the server wants a client certificate",
    next: "Give yours with --client-cert and --client-key, or GREP11_CLIENT_CERT and GREP11_CLIENT_KEY.",
  },
  {
    codes:
      /^ERR_SSL_(SSLV3_ALERT_(BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE)|TLSV1_ALERT_(UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR))$/,
    what: "the server refuses the client certificate",
    next: "Is it in date, for client authentication, and of a CA that the server knows (tls.cacert)?",
  },
];

/** What happened: the name of the CK_RV, and words for what the machine below said. */
export function failureText(error: ck.CkError): string {
  const what = rowOf(error)?.what ?? (HUNG_UP.test(error.detail) ? "the server hung up before it answered" : undefined);
  return what === undefined ? error.message : `${error.rvName}: ${what}`;
}

/** What to do about a connection that did not come about or broke; undefined when `error` is something else. */
export function connectionAdvice(error: ck.CkError, settings: Settings | undefined): string | undefined {
  if (/^IAM at \S+ redirects /.test(error.detail)) {
    return "Set --iam-endpoint or GREP11_IAMENDPOINT to the address of IAM itself; one that redirects is not trusted with the key.";
  }
  if (/^IAM at /.test(error.detail)) return "Check --iam-endpoint or GREP11_IAMENDPOINT, and the network to there.";
  const row = rowOf(error);
  if (row !== undefined || error.rv !== ck.CKR_DEVICE_REMOVED || settings === undefined) return row?.next;
  if (!HUNG_UP.test(error.detail)) return undefined;
  if (serverUrl(settings).protocol === "http:") {
    return "Does it want TLS? Then the address is https://HOST:PORT. If it was just stopped, try again.";
  }
  return settings.cert === undefined
    ? undefined
    : "Does it refuse the client certificate (in date, for client authentication, of a CA that it knows)? If it was just stopped, try again.";
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
