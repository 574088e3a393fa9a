/**
 * Makes gRPC calls over node:http2 without a gRPC library. Tests can send what correct clients never send, and see exactly what
 * is received.
 */
import * as http2 from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";

/** Everything that was received in response to a call. */
export interface RawAnswer {
  readonly headers: http2.IncomingHttpHeaders;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  /** The code of the RST_STREAM that ended the stream; 0 if the stream ended without an error. */
  readonly reset: number;
}

/** A request, of which every part is sent as a separate frame. */
export interface RawRequest {
  /** The name of an RPC, or a whole path. */
  readonly path: string;
  /** Headers in addition to those of gRPC; undefined removes a header. */
  readonly headers?: http2.OutgoingHttpHeaders;
  /** The DATA frames; if absent, the headers end the request. */
  readonly body?: readonly Uint8Array[];
  readonly trailers?: http2.OutgoingHttpHeaders;
  /** How many milliseconds to wait before every frame but the first, and before the reset. */
  readonly pauseMs?: number;
  /** If true, the last frame does not end the request. */
  readonly neverEnds?: boolean;
  /** Resets the stream with this code after the last frame. */
  readonly resetWith?: number;
}

/** Returns a message in its envelope of five bytes. */
export function envelope(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** One HTTP/2 connection. */
export class RawGrpc {
  readonly session: http2.ClientHttp2Session;

  constructor(authority: string, options: http2.SecureClientSessionOptions & { readonly localAddress?: string } = {}) {
    this.session = http2.connect(authority, options);
    this.session.on("error", () => undefined);
  }

  /** Sends `body` unchanged to `/grep11.Crypto/<rpc>`. Rejects if the stream ends without a response. */
  async call(rpc: string, body: Uint8Array, headers: http2.OutgoingHttpHeaders = {}): Promise<RawAnswer> {
    const answer = await this.send({ path: rpc, body: [body], headers });
    if (answer.headers[":status"] === undefined) throw new Error("the stream was closed");
    return answer;
  }

  /** Sends `request` and waits for the end of its stream. */
  async send({ path, body, pauseMs, resetWith, ...request }: RawRequest): Promise<RawAnswer> {
    const all: http2.OutgoingHttpHeaders = {
      ":method": "POST",
      ":path": /^[/*]/.test(path) ? path : `/grep11.Crypto/${path}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...request.headers,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const stream = this.session.request(given, {
      endStream: body === undefined && resetWith === undefined,
      waitForTrailers: request.trailers !== undefined,
    });
    let headers: http2.IncomingHttpHeaders = {};
    let trailers: http2.IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      headers = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("wantTrailers", () => stream.sendTrailers(request.trailers ?? {}));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined);
    const closed = new Promise((resolve) => stream.once("close", resolve));
    const end = new Promise((resolve) => stream.once("end", resolve));
    for (const [i, frame] of (body ?? []).entries()) {
      if (i > 0 && pauseMs !== undefined) await sleep(pauseMs);
      if (stream.writable) stream.write(frame);
    }
    if (body !== undefined && !request.neverEnds && stream.writable) stream.end();
    if (resetWith !== undefined) {
      await sleep(pauseMs ?? 5);
      stream.close(resetWith);
    }
    await Promise.race([closed, end]);
    // A server that responds before the request has ended resets the stream afterwards. This side must end the stream too.
    while (!stream.closed) await sleep(1);
    stream.destroy();
    return { headers, trailers, body: Buffer.concat(chunks), reset: stream.rstCode };
  }

  close(): void {
    this.session.destroy();
  }
}
