/** gRPC by hand over node:http2, to see exactly what is on the wire. */
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";

/** Everything that came back for one call. */
export interface RawAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A message with the five bytes before it. */
export function envelope(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** One HTTP/2 connection. */
export class RawGrpc {
  readonly session: ClientHttp2Session;

  constructor(authority: string, options: SecureClientSessionOptions = {}) {
    this.session = connect(authority, options);
    this.session.on("error", () => undefined);
  }

  /** Sends `body` as it is to `/grep11.Crypto/<rpc>`. Errors: those of the stream. */
  call(rpc: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<RawAnswer> {
    const stream = this.session.request({
      ":method": "POST",
      ":path": rpc.startsWith("/") ? rpc : `/grep11.Crypto/${rpc}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
    let answerHeaders: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      answerHeaders = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve({ headers: answerHeaders, trailers, body: Buffer.concat(chunks) }));
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("the stream was closed")));
    stream.end(body);
    return promise;
  }

  close(): void {
    this.session.destroy();
  }
}
