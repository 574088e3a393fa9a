/** The server's end of a connection. */
import { Connection, type ConnectionEvents } from "./connection.ts";
import { ErrorCode, protocolError } from "./errors.ts";
import { type RequestHead, requestHead } from "./fields.ts";
import { MAX_STREAM_ID, PREFACE, Setting } from "./frame.ts";
import type { HeaderList } from "./hpack/decoder.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Stream, StreamReceiver } from "./stream.ts";

/** What a server does with requests. */
export interface ServerEvents extends ConnectionEvents {
  /**
   * A request has begun. Returns what receives its body; may respond at once. `ended`: there is no body; `end` is called all
   * the same. `tooLarge`: the head exceeds the limits and `head` has what fits.
   */
  request(stream: Stream, head: RequestHead, tooLarge: boolean, ended: boolean): StreamReceiver;
}

/** Serves the requests of one client. */
export class ServerConnection extends Connection {
  readonly #events: ServerEvents;
  #prefaceLeft = PREFACE.length;
  /** The last stream that GOAWAY has named: those above are ignored (section 6.8). */
  #finalStream: number | undefined;

  constructor(events: ServerEvents, limits: Partial<Limits> = {}) {
    super({ ...DEFAULT_LIMITS, ...limits }, events);
    this.#events = events;
  }

  /** Sends the server's settings, which need not wait for the client's. */
  start(): void {
    this.sendSettings([
      [Setting.HEADER_TABLE_SIZE, this.limits.headerTableBytes],
      [Setting.MAX_CONCURRENT_STREAMS, this.limits.maxConcurrentStreams],
      [Setting.INITIAL_WINDOW_SIZE, this.limits.streamWindowBytes],
      [Setting.MAX_HEADER_LIST_SIZE, this.limits.maxHeaderListBytes],
    ]);
  }

  /**
   * Ends gracefully (section 6.8): says goodbye with the highest possible stream, and after a round trip, during which requests
   * that were on their way are served, with the last one. `isOver` when the streams that are served have ended.
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

  /** Serves no stream that has not begun. */
  finish(): void {
    if (this.#finalStream !== undefined || this.failure !== undefined) return;
    this.#finalStream = this.streams.highest;
    this.goaway(this.#finalStream, ErrorCode.NO_ERROR);
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
      // Either it is over, or it was skipped and can no longer begin (section 5.1.1).
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
