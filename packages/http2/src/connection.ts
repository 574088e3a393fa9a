/**
 * One end of an HTTP/2 connection (RFC 9113), without I/O: `receive` takes what the socket has read and calls receivers,
 * `take` returns what the socket has to write. What only a server or only a client does is in their own files.
 */
import { Allowance } from "./allowance.ts";
import { ControlFrames } from "./control-frames.ts";
import { DataFrames } from "./data-frames.ts";
import { ConnectionError, ErrorCode, excessError, protocolError } from "./errors.ts";
import { areTrailers } from "./fields.ts";
import { FrameType } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeaderBlocks } from "./header-blocks.ts";
import { type HeaderList, HpackDecoder } from "./hpack/decoder.ts";
import type { Limits } from "./limits.ts";
import { Pings } from "./pings.ts";
import { ReceiveWindows } from "./receive-windows.ts";
import { Sender } from "./sender.ts";
import type { Stream } from "./stream.ts";
import { Streams } from "./streams.ts";

/** What a connection tells its owner, besides what receivers of streams hear. */
export interface ConnectionEvents {
  /** Bytes wait to be taken; not called again until `take` has returned nothing. */
  output(): void;
  /** The peer has made us refuse or reset a stream that no receiver knows. */
  refused?(code: number): void;
  /** The peer takes no new streams: those above `lastStreamId` were not begun. */
  goaway?(code: number, lastStreamId: number): void;
}

/** Both kinds of ends. */
export abstract class Connection {
  protected readonly limits: Limits;
  protected readonly allowance: Allowance;
  protected readonly sender: Sender;
  protected readonly streams: Streams;
  protected goawaySent = false;
  #goawayReceived = false;
  /** The error that has ended the connection. */
  #failure: ConnectionError | undefined;
  readonly #events: ConnectionEvents;
  readonly #reader: FrameReader;
  readonly #blocks: HeaderBlocks;
  readonly #decoder: HpackDecoder;
  readonly #windows: ReceiveWindows;
  readonly #pings: Pings;
  readonly #control: ControlFrames;

  constructor(limits: Limits, events: ConnectionEvents) {
    this.limits = limits;
    this.#events = events;
    this.allowance = new Allowance(limits.budget);
    this.sender = new Sender(this.allowance, limits.maxOutputBytes, {
      output: () => events.output(),
      ended: (stream) => this.streams.localEnds(stream),
    });
    this.#windows = new ReceiveWindows(this.sender, limits);
    this.streams = new Streams(this.sender, this.#windows, this.allowance, {
      refused: (code) => events.refused?.(code),
      closed: () => this.streamClosed(),
    });
    this.#pings = new Pings(this.sender);
    this.#control = new ControlFrames(this.sender, this.streams, this.#pings, this.allowance, {
      settings: () => this.peerSettingsChanged(),
      acknowledged: () => this.#settingsAcknowledged(),
      goaway: (code, lastStreamId) => this.#peerGoesAway(code, lastStreamId),
    });
    this.#blocks = new HeaderBlocks(limits);
    this.#decoder = new HpackDecoder(limits.headerTableBytes, {
      maxBytes: limits.maxHeaderListBytes,
      maxFields: limits.maxHeaderFields,
    });
    const data = new DataFrames(this.streams, this.#windows, this.allowance);
    this.#reader = new FrameReader({
      frame: (type, flags, streamId, bytes, start, end) => this.#frame(type, flags, streamId, bytes, start, end),
      dataBegins: (streamId, flags, length, dataLength) => {
        this.#requireExpected(FrameType.DATA);
        data.begin(streamId, flags, length, dataLength);
      },
      data: (piece) => data.piece(piece),
      dataEnds: () => data.end(),
    });
  }

  /** Streams that are open or half closed. */
  get openStreams(): number {
    return this.streams.size;
  }

  /** Why the connection failed; undefined: it has not. */
  get failure(): ConnectionError | undefined {
    return this.#failure;
  }

  /** Whether nothing more will happen: it has failed, or one end says goodbye and no stream is left. */
  get isOver(): boolean {
    return this.#failure !== undefined || (this.isClosing && this.streams.size === 0);
  }

  /** Whether one end has announced that it takes no further streams. */
  get isClosing(): boolean {
    return this.goawaySent || this.#goawayReceived;
  }

  /** Bytes that were framed and not taken. */
  get outputBytes(): number {
    return this.sender.outputBytes;
  }

  /**
   * Takes what the socket has read, not from within a callback; `now` in milliseconds since any start. Data that receivers get are views of `bytes`. After a
   * breach of the protocol the connection has `failure`, its streams are closed, and `take` has the GOAWAY. Errors: what a
   * receiver throws, after the connection has failed with INTERNAL_ERROR.
   */
  receive(bytes: Uint8Array, now: number): void {
    if (this.#failure !== undefined) return;
    this.allowance.passTime(now);
    try {
      this.#reader.read(this.skipPreface(bytes));
    } catch (thrown) {
      if (thrown instanceof ConnectionError) {
        this.#fail(thrown);
      } else {
        this.#fail(new ConnectionError(ErrorCode.INTERNAL_ERROR, "a receiver has failed"));
        throw thrown;
      }
    }
  }

  /**
   * The bytes that the socket has to write next, in order; empty: none until `output` is called. Call it again when the socket
   * has accepted them, not before: what waits then waits here, where limits apply.
   */
  take(): Uint8Array[] {
    return this.sender.take();
  }

  /** Asks for a sign of life; `onAck` is called when it comes. */
  ping(onAck: () => void): void {
    if (this.#failure === undefined) this.#pings.send(onAck);
  }

  /** Ends gracefully: streams that run are served to their end. */
  abstract shutdown(): void;

  /** Ends the connection at once with an error that the peer is told. */
  abort(code: number, message: string): void {
    this.#fail(new ConnectionError(code, message));
  }

  /** The socket is gone: closes all streams. */
  disconnected(): void {
    this.#end(new ConnectionError(ErrorCode.NO_ERROR, "the connection was closed"), ErrorCode.CANCEL);
  }

  /** Lets the peer send more ahead, on the connection and on every stream that is open or begins from now on. */
  widen(connectionBytes: number, streamBytes: number): void {
    this.#windows.widen(connectionBytes, streamBytes, this.streams.all());
  }

  /** Says that no stream above `lastStreamId` is served. */
  protected goaway(lastStreamId: number, code: number): void {
    this.goawaySent = true;
    this.sender.goaway(lastStreamId, code);
  }

  /** Begins with our settings, as both ends must (section 3.4). */
  protected sendSettings(settings: readonly (readonly [number, number])[]): void {
    this.sender.settings(settings);
    this.#windows.start();
  }

  /** The fields after a body. */
  protected trailers(stream: Stream, list: HeaderList, endsStream: boolean): void {
    if (endsStream && !list.tooLarge && areTrailers(list)) this.streams.remoteEnds(stream, list.fields);
    else this.streams.resetByRule(stream, ErrorCode.PROTOCOL_ERROR);
  }

  #frame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    this.#requireExpected(type);
    if (type !== FrameType.HEADERS && type !== FrameType.CONTINUATION) {
      this.#control.handle(type, flags, streamId, bytes.subarray(start, end));
    } else if (this.#blocks.add(type, flags, streamId, bytes, start, end)) {
      this.#headerBlock();
    }
  }

  /** Errors: ConnectionError if no frame of `type` may come now. */
  #requireExpected(type: number): void {
    if (!this.#control.sawSettings && type !== FrameType.SETTINGS) {
      throw protocolError("the first frame is not SETTINGS");
    }
    if (this.#blocks.isOpen && type !== FrameType.CONTINUATION) throw protocolError("a frame within a header block");
    if (this.sender.outputBytes > this.limits.maxUnreadBytes) throw excessError("the peer sends and does not read");
  }

  #headerBlock(): void {
    const { streamId, endsStream, dependsOnItself, bytes, start, end } = this.#blocks;
    this.#blocks.release();
    const list = this.#decoder.decode(bytes, start, end);
    const stream = this.streams.get(streamId);
    if (stream === undefined) this.headersWithoutStream(streamId, list, endsStream, dependsOnItself);
    else if (dependsOnItself) this.streams.resetByRule(stream, ErrorCode.PROTOCOL_ERROR);
    else if (stream.remoteEnded) this.streams.resetByRule(stream, ErrorCode.STREAM_CLOSED);
    else this.headersOnStream(stream, list, endsStream);
  }

  #settingsAcknowledged(): void {
    this.#decoder.settingsAcknowledged();
    this.#windows.settingsAcknowledged(this.streams.all());
  }

  #peerGoesAway(code: number, lastStreamId: number): void {
    this.#goawayReceived = true;
    this.#events.goaway?.(code, lastStreamId);
    this.abandonAbove(lastStreamId);
  }

  #fail(error: ConnectionError): void {
    if (this.#failure !== undefined) return;
    this.goaway(this.lastServed, error.code);
    this.#end(error, error.code);
  }

  #end(error: ConnectionError, streamCode: number): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#reader.stop();
    this.sender.close();
    this.streams.closeAll(streamCode);
  }

  // What differs between server and client.

  /** The last stream of the peer's that was served. */
  protected abstract get lastServed(): number;
  /** The rest of `bytes` after the client's preface. Errors: ConnectionError PROTOCOL_ERROR. */
  protected abstract skipPreface(bytes: Uint8Array): Uint8Array;
  /** A header block on a stream that is not open. */
  protected abstract headersWithoutStream(id: number, list: HeaderList, ends: boolean, dependsOnItself: boolean): void;
  /** A header block on an open stream whose peer has not ended. */
  protected abstract headersOnStream(stream: Stream, list: HeaderList, endsStream: boolean): void;
  /** The peer has said goodbye and does not serve streams above `lastStreamId`. */
  protected abstract abandonAbove(lastStreamId: number): void;
  protected abstract peerSettingsChanged(): void;
  protected abstract streamClosed(): void;
}
