import type { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import * as ck from "@grep11/cryptoki";
import { withoutBrackets } from "@grep11/encoding";
import type { Settings } from "./settings.ts";

/** The TLS handshake may take this many milliseconds. */
const TIMEOUT_MS = 10_000;

/** Connects by TLS and returns the server's certificate without verifying it. Errors: CKR_DEVICE_REMOVED if that fails. */
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
    if (certificate === undefined) throw new ck.CkError(ck.CKR_DEVICE_REMOVED, "the server presented no certificate");
    return certificate;
  } finally {
    socket.destroy();
  }
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new ck.CkError(ck.CKR_DEVICE_REMOVED, cause.message, { cause }));
    socket.setTimeout(TIMEOUT_MS, () =>
      fail(Object.assign(new Error("the connection timed out"), { code: "ETIMEDOUT" })),
    );
    socket.once("error", fail).once("secureConnect", resolve);
  });
}
