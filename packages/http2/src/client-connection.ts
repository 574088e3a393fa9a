/** Implements the client side of an HTTP/2 connection. */
import { Connection, type ConnectionEvents } from "./connection.ts";
import { ErrorCode, protocolError } from "./errors.ts";
import { responseHead } from "./fields.ts";
import { MAX_STREAM_ID, PREFACE, Setting } from "./frame.ts";
import type { HeaderList } from "./hpack/decoder.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Stream, StreamReceiver } from "./stream.ts";

/** The events of a client connection. */
export interface ClientEvents extends ConnectionEvents {
  /** Called when another request may be started, because a stream has closed or the server has raised its limit. */
  available?(): void;
}

/** Sends requests to one server. */
export class ClientConnection extends Connection {
  readonly #events: ClientEvents;
  /** How many requests the server allows at once. Before the server has sent its settings, our own limit applies. */
  #mostStreams: number;

  constructor(events: ClientEvents, limits: Partial<Limits> = {}) {
    super({ ...DEFAULT_LIMITS, ...limits }, events);
    this.#events = events;
    this.#mostStreams = this.limits.maxConcurrentStreams;
  }

  /** Sends the preface and the client's settings. Requests may be sent before the server's settings arrive. */
  start(): void {
    this.sender.raw(PREFACE);
    this.sendSettings([
      [Setting.HEADER_TABLE_SIZE, this.limits.headerTableBytes],
      [Setting.ENABLE_PUSH, 0],
      [Setting.INITIAL_WINDOW_SIZE, this.limits.streamWindowBytes],
      [Setting.MAX_HEADER_LIST_SIZE, this.limits.maxHeaderListBytes],
    ]);
  }

  /** Whether a request may be started now. */
  get mayRequest(): boolean {
    return !this.isClosing && this.failure === undefined && this.streams.size < this.#mostStreams;
  }

  /**
   * Starts a request. `fields` begin with the pseudo-header fields, `:method` first. The connection shuts down after
   * the highest possible stream number. Throws Error unless `mayRequest` is true, and TypeError for a field that HTTP
   * forbids.
   */
  request(fields: readonly string[], receiver: StreamReceiver, end = false): Stream {
    if (!this.mayRequest) throw new Error("no request may begin now");
    const block = this.sender.encode(fields);
    const stream = this.streams.begin(this.#nextStream);
    stream.receiver = receiver;
    stream.isHead = fields[1] === "HEAD";
    this.sender.head(stream, block, end);
    if (this.#nextStream > MAX_STREAM_ID) this.shutdown();
    return stream;
  }

  /** Stops starting requests. `isOver` becomes true when the open requests have ended. */
  override shutdown(): void {
    if (!this.isClosing && this.failure === undefined) this.goaway(0, ErrorCode.NO_ERROR);
  }

  get #nextStream(): number {
    return this.streams.highest === 0 ? 1 : this.streams.highest + 2;
  }

  protected override get lastServed(): number {
    return 0;
  }

  protected override skipPreface(bytes: Uint8Array): Uint8Array {
    return bytes;
  }

  protected override headersWithoutStream(id: number): void {
    this.streams.requireBegun(id);
    this.streams.late(id);
  }

  protected override headersOnStream(stream: Stream, list: HeaderList, endsStream: boolean): void {
    if (stream.hasHead) {
      this.trailers(stream, list, endsStream);
      return;
    }
    const head = list.tooLarge ? undefined : responseHead(list);
    // An interim response must not end the stream (RFC 9110, section 15.2). HTTP/2 does not have status 101 (section
    // 8.6).
    if (head === undefined || (head.status < 200 && (endsStream || head.status === 101))) {
      this.streams.resetByRule(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (head.status < 200) {
      this.allowance.spend();
      return;
    }
    stream.hasHead = true;
    // These responses have no body, even if they have a content-length (RFC 9110, section 8.6).
    const hasNoBody = stream.isHead || head.status === 204 || head.status === 304;
    stream.expectedBytes = hasNoBody ? 0 : head.contentLength;
    stream.receiver?.head?.(head.fields, head.status);
    if (endsStream && !stream.isClosed) this.streams.remoteEnds(stream, undefined);
  }

  protected override abandonAbove(lastStreamId: number): void {
    for (const stream of [...this.streams.all()]) {
      if (stream.id > lastStreamId) this.streams.resetByPeer(stream, ErrorCode.REFUSED_STREAM);
    }
  }

  protected override peerSettingsChanged(): void {
    if (this.sender.peer.enablePush) throw protocolError("a server allows itself to push");
    this.#mostStreams = this.sender.peer.maxConcurrentStreams;
    this.#events.available?.();
  }

  protected override streamClosed(): void {
    this.#events.available?.();
  }
}
