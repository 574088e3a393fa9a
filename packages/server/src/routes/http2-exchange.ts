/** Adapts a request of our own HTTP/2 layer to the interface HttpExchange. */
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { ErrorCode, type RequestHead, type Stream, type StreamReceiver } from "@grep11/http2";
import type { BodyLimits } from "../call/exchange.ts";
import { isSmallHead } from "../limits/head-limit.ts";
import type { Connection } from "../listener/connection.ts";
import { canceled, timedOut, tooLarge, tooManyInFlight } from "../status.ts";
import { type HttpExchange, type HttpResponse, pathOf } from "./http-exchange.ts";
import { Pieces } from "./pieces.ts";

/** A piece of the body is copied if it is a view of a buffer that is more than this many times larger. */
const MOST_PINNED = 4;

/**
 * The error for reading a body after the caller has disconnected. It is created only once, because creating an error
 * takes as much time as refusing a call.
 */
const CANCELED = canceled();

/** A pending read of the request body. */
interface Reader {
  readonly maxBytes: number;
  readonly limits: Omit<BodyLimits, "maxBytes">;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One request of our HTTP/2 layer, on one stream. */
export class Http2Exchange implements HttpExchange, StreamReceiver {
  readonly connection: Connection;
  readonly method: string;
  readonly path: string;
  readonly hasLargeHead: boolean;
  readonly hasSeveralHosts = false;
  hasResponded = false;
  readonly #stream: Stream;
  readonly #head: RequestHead;
  /** Headers that `setHeader` has added to the response. */
  #added: string[] = [];
  readonly #pieces = new Pieces();
  #ended: boolean;
  #reader: Reader | undefined;
  #onClose: (() => void)[] = [];

  constructor(connection: Connection, stream: Stream, head: RequestHead, tooLarge: boolean, ended: boolean) {
    this.connection = connection;
    this.method = head.method;
    this.path = pathOf(head.path);
    this.hasLargeHead = tooLarge || !isSmallHead(head.fields);
    this.#stream = stream;
    this.#head = head;
    this.#ended = ended;
  }

  get isGone(): boolean {
    return this.#stream.isClosed;
  }

  header(name: string): string | undefined {
    const { fields } = this.#head;
    for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
    return undefined;
  }

  setHeader(name: string, value: string): void {
    this.#added.push(name, value);
  }

  readBody(maxBytes: number, limits: Omit<BodyLimits, "maxBytes">): Uint8Array | Promise<Uint8Array> {
    const { length } = this.#pieces;
    if (Math.max(this.#head.contentLength ?? 0, length) > maxBytes) throw tooLarge();
    if (this.isGone && !this.#ended) throw CANCELED;
    if (length > 0 && !limits.reserve(length)) throw tooManyInFlight();
    this.#stream.consume(length);
    if (this.#ended) return this.#pieces.take();
    if (this.header("expect") === "100-continue") this.#stream.respond([":status", "100"]);
    return new Promise((resolve, reject) => {
      const late = (): void => this.#fail(timedOut("the request did not arrive in time"));
      this.#reader = { maxBytes, limits, resolve, reject, timer: setTimeout(late, limits.bodyTimeoutMs) };
    });
  }

  data(piece: Uint8Array): void {
    // After the response, the rest of the body is ignored. It can still arrive if the response waits because the
    // client's window is full.
    if (this.hasResponded) return;
    const reader = this.#reader;
    // Copies a small view, which would otherwise keep the whole read buffer in memory.
    this.#pieces.add(piece.length * MOST_PINNED < piece.buffer.byteLength ? new Uint8Array(piece) : piece);
    // If the body is not being read yet, its bytes are not consumed, so the stream's window limits how much arrives.
    if (reader === undefined) return;
    if (this.#pieces.length > reader.maxBytes) this.#fail(tooLarge());
    else if (!reader.limits.reserve(piece.length)) this.#fail(tooManyInFlight());
    else this.#stream.consume(piece.length);
  }

  end(): void {
    this.#ended = true;
    this.#leave()?.resolve(this.#pieces.take());
  }

  closed(): void {
    if (!this.#ended) this.#fail(CANCELED);
    this.#pieces.clear();
    const { session } = this.connection;
    // Reports the end only when the socket has accepted the response, because the response takes memory until then.
    if (this.hasResponded && session !== undefined) session.whenWritten(() => this.#tellClosed());
    else this.#tellClosed();
  }

  #tellClosed(): void {
    for (const listener of this.#onClose.splice(0)) listener();
  }

  drained(): void {
    if (this.#stream.localEnded) this.#stopReading();
  }

  send({ status, fields, body, trailers }: HttpResponse): void {
    const stream = this.#stream;
    if (stream.isClosed) return;
    this.hasResponded = true;
    const ends = body === undefined && trailers === undefined;
    stream.respond([":status", String(status), ...fields, ...this.#added], ends);
    if (!ends) stream.end(this.method === "HEAD" ? undefined : body, trailers);
    if (stream.localEnded) this.#stopReading();
  }

  async stream({ status, header, body, trailer }: UniversalServerResponse): Promise<void> {
    const stream = this.#stream;
    this.hasResponded = true;
    stream.respond([":status", String(status), ...fieldsOf(header), ...this.#added]);
    if (body instanceof Uint8Array) stream.write(body);
    else if (body !== undefined) for await (const piece of body) stream.write(piece);
    stream.end(undefined, trailer === undefined ? undefined : fieldsOf(trailer));
    if (stream.localEnded) this.#stopReading();
  }

  discard(): void {
    this.#stream.reset(ErrorCode.CANCEL);
  }

  onClose(listener: () => void): void {
    if (this.isGone) listener();
    else this.#onClose.push(listener);
  }

  /** If the caller is still sending the request, asks it to stop (RFC 9113 section 8.1). */
  #stopReading(): void {
    if (!this.#ended) this.#stream.reset(ErrorCode.NO_ERROR);
  }

  #fail(error: Error): void {
    this.#pieces.clear();
    this.#leave()?.reject(error);
  }

  #leave(): Reader | undefined {
    const reader = this.#reader;
    if (reader !== undefined) clearTimeout(reader.timer);
    this.#reader = undefined;
    return reader;
  }
}

function fieldsOf(headers: Headers | undefined): string[] {
  return headers === undefined ? [] : [...headers].flat();
}
