/** Implements the server side of an HTTP/2 connection. */
import { Connection, type ConnectionEvents } from "./connection.ts";
import { ErrorCode, protocolError } from "./errors.ts";
import { type RequestHead, requestHead } from "./fields.ts";
import { MAX_STREAM_ID, PREFACE, Setting } from "./frame.ts";
import type { HeaderList } from "./hpack/decoder.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Stream, StreamReceiver } from "./stream.ts";

/** The events of a server connection. */
export interface ServerEvents extends ConnectionEvents {
  /**
   * Called when a request has begun. Returns the receiver of its body. The response may be sent at once.
   * - `tooLarge` means that the head exceeds the limits. `head` then contains only the fields up to the limit.
   * - `ended` means that there is no body. `end` of the receiver is called even then.
   */
  request(stream: Stream, head: RequestHead, tooLarge: boolean, ended: boolean): StreamReceiver;
}

/** Serves the requests of one client. */
export class ServerConnection extends Connection {
  readonly #events: ServerEvents;
  #prefaceLeft = PREFACE.length;
  /** The last stream that our GOAWAY has named. Streams with higher numbers are ignored (section 6.8). */
  #finalStream: number | undefined;

  constructor(events: ServerEvents, limits: Partial<Limits> = {}) {
    super({ ...DEFAULT_LIMITS, ...limits }, events);
    this.#events = events;
  }

  /** Sends the server's settings, without waiting for the client's settings. */
  start(): void {
    this.sendSettings([
      [Setting.HEADER_TABLE_SIZE, this.limits.headerTableBytes],
      [Setting.MAX_CONCURRENT_STREAMS, this.limits.maxConcurrentStreams],
      [Setting.INITIAL_WINDOW_SIZE, this.limits.streamWindowBytes],
      [Setting.MAX_HEADER_LIST_SIZE, this.limits.maxHeaderListBytes],
    ]);
  }

  /**
   * Ends the connection gracefully (section 6.8). Sends one GOAWAY with the highest possible stream number and, after a
   * round trip, a second one with the last stream that has begun. Requests that arrive between the two are still
   * served. `isOver` becomes true when all served streams have ended.
   */
  override shutdown(): void {
    if (this.failure !== undefined) return;
    if (this.goawaySent) {
      this.finish();
      return;
    }
    this.goaway(MAX_STREAM_ID, ErrorCode.NO_ERROR);
    this.ping(() => this.finish());
  }

  /** Sends the final GOAWAY: streams that have not begun yet are not served. */
  finish(): void {
    if (this.#finalStream !== undefined || this.failure !== undefined) return;
    this.#finalStream = this.streams.highest;
    this.goaway(this.#finalStream, ErrorCode.NO_ERROR);
  }

  /**
   * A client's GOAWAY does not count here. It only limits streams that the server begins, and this server never begins
   * streams.
   */
  override get isClosing(): boolean {
    return this.goawaySent;
  }

  override get isOver(): boolean {
    return this.failure !== undefined || (this.#finalStream !== undefined && this.openStreams === 0);
  }

  protected override get lastServed(): number {
    return this.#finalStream ?? this.streams.highest;
  }

  protected override skipPreface(bytes: Uint8Array): Uint8Array {
    if (this.#prefaceLeft === 0) return bytes;
    const expected = PREFACE.length - this.#prefaceLeft;
    const seen = Math.min(this.#prefaceLeft, bytes.length);
    for (let at = 0; at < seen; at++) {
      if (bytes[at] !== PREFACE[expected + at]) throw protocolError("a wrong preface");
    }
    this.#prefaceLeft -= seen;
    return bytes.subarray(seen);
  }

  protected override headersWithoutStream(id: number, list: HeaderList, ends: boolean, dependsOnItself: boolean): void {
    if (id % 2 === 0) throw protocolError("a client's stream with an even number");
    if (this.#finalStream !== undefined && id > this.#finalStream) {
      this.streams.highest = Math.max(id, this.streams.highest);
      this.allowance.spend();
      return;
    }
    if (id <= this.streams.highest) {
      // Either this stream is closed, or the client skipped its number, which can no longer be used (section 5.1.1).
      if (this.streams.late(id) === undefined) throw protocolError("a stream's number is not higher than those before");
      return;
    }
    this.streams.highest = id;
    const head = requestHead(list);
    if (head === undefined || dependsOnItself || (ends && head.contentLength)) {
      this.streams.refuse(id, ErrorCode.PROTOCOL_ERROR);
    } else if (this.openStreams >= this.limits.maxConcurrentStreams) {
      this.streams.refuse(id, ErrorCode.REFUSED_STREAM);
    } else {
      this.#begin(id, head, list.tooLarge, ends);
    }
  }

  #begin(id: number, head: RequestHead, tooLarge: boolean, ends: boolean): void {
    const stream = this.streams.begin(id);
    stream.hasHead = true;
    stream.expectedBytes = head.contentLength;
    const receiver = this.#events.request(stream, head, tooLarge, ends);
    if (stream.isClosed) {
      receiver.closed(stream.resetCode, false);
      return;
    }
    stream.receiver = receiver;
    if (ends) this.streams.remoteEnds(stream, undefined);
  }

  protected override headersOnStream(stream: Stream, list: HeaderList, endsStream: boolean): void {
    this.trailers(stream, list, endsStream);
  }

  protected override abandonAbove(): void {}

  protected override peerSettingsChanged(): void {}

  protected override streamClosed(): void {}
}
