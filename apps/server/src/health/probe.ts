/** Asks a server for its gRPC health (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";

export interface ProbeTarget {
  /** The URL of the server, such as "http://127.0.0.1:9876" or "https://[::1]:9876". */
  readonly url: string;
  /** The client certificate in PEM, for a server that requires one. */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

/** The health of a server. "protected": the server is alive but requires a client certificate, so nothing more is known. */
export type Health = "serving" | "not serving" | "protected";

/** A HealthCheckRequest in its gRPC envelope. It names no service, so it asks about the server as a whole. */
const REQUEST = Buffer.alloc(5);
/** HealthCheckResponse { status: SERVING } in its gRPC envelope. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);
const MAX_RESPONSE = 1024;

/**
 * Returns the health of the server. Its certificate is not verified, because nothing secret is sent, and because the
 * certificate may lack the local address that is probed. Errors: those of the connection; Error if there is no response within
 * `timeoutMs`.
 */
export async function probe({ url, cert, key }: ProbeTarget, timeoutMs: number): Promise<Health> {
  const session = connect(url, {
    rejectUnauthorized: false,
    ...(cert !== undefined && key !== undefined && { cert: Buffer.from(cert), key: Buffer.from(key) }),
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      ask(session),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no response within ${timeoutMs / 1000} s`)), timeoutMs);
      }),
    ]);
  } catch (error) {
    // The TLS alert is certificate_required in TLS 1.3 (RFC 8446, section 6) and handshake_failure in TLS 1.2.
    if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/i.test((error as NodeJS.ErrnoException).code ?? "")) return "protected";
    throw error;
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

function ask(session: ClientHttp2Session): Promise<Health> {
  return new Promise((resolve, reject) => {
    session.on("error", reject);
    session.on("goaway", () => reject(new Error("the server closed the connection")));
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const parts: Buffer[] = [];
    let length = 0;
    let status: string | undefined;
    const note = (headers: IncomingHttpHeaders): void => {
      status = (headers["grpc-status"] as string | undefined) ?? status;
    };
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= MAX_RESPONSE) parts.push(part);
    });
    stream.on("error", reject);
    stream.on("close", () => {
      if (status === undefined) return reject(new Error("the response is not gRPC"));
      if (status !== "0") return reject(new Error(`the health service fails with gRPC status ${status}`));
      resolve(Buffer.concat(parts).equals(SERVING) ? "serving" : "not serving");
    });
    stream.end(REQUEST);
  });
}
