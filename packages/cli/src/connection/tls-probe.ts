/** Who a server says it is: a TLS connection that only looks at certificates. */
import type { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import * as ck from "@grep11/cryptoki";
import { withoutBrackets } from "@grep11/encoding";
import type { Settings } from "./settings.ts";

/** Longest time for the handshake, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * The certificate that the server at `url` shows. It is not verified: the calls do that, and nothing is sent here. Errors:
 * CKR_DEVICE_REMOVED when no TLS connection comes about.
 */
export async function serverCertificateAt(url: URL, { cert, key, serverName }: Settings): Promise<X509Certificate> {
  const host = withoutBrackets(url.hostname);
  const socket = connect({
    host,
    port: Number(url.port || 443),
    ALPNProtocols: ["h2"],
    rejectUnauthorized: false,
    ...(/[a-z]/i.test(serverName ?? host) && !host.includes(":") ? { servername: serverName ?? host } : {}),
    ...(cert === undefined || key === undefined ? {} : { cert: Buffer.from(cert), key: Buffer.from(key) }),
  });
  try {
    await handshake(socket);
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) throw new ck.CkError(ck.CKR_DEVICE_REMOVED, "the server shows no certificate");
    return certificate;
  } finally {
    socket.destroy();
  }
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new ck.CkError(ck.CKR_DEVICE_REMOVED, cause.message, { cause }));
    socket.setTimeout(PATIENCE_MS, () =>
      fail(Object.assign(new Error("no connection came about in time"), { code: "ETIMEDOUT" })),
    );
    socket.once("error", fail).once("secureConnect", resolve);
  });
}
