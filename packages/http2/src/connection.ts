/**
 * One side of an HTTP/2 connection (RFC 9113), without I/O: `receive` processes the bytes that were read from the socket and
 * calls receivers; `take` returns the bytes to be written to the socket. server-connection.ts and client-connection.ts contain
 * what only a server or only a client does.
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

/** The events of a connection. The events of its streams are in StreamReceiver. */
export interface ConnectionEvents {
  /** There are bytes to take. Not called again until `take` has returned nothing. */
  output(): void;
  /** Because of what the peer sent, we refused or reset a stream that has no receiver. */
  refused?(code: number): void;
  /** The peer accepts no new streams, and has not started those above `lastStreamId`. */
  goaway?(code: number, lastStreamId: number): void;
}

/** What server and client have in common. */
export abstract class Connection {
  protected readonly limits: Limits;
  protected readonly allowance: Allowance;
  protected readonly sender: Sender;
  protected readonly streams: Streams;
  protected goawaySent = false;
  #goawayReceived = false;
  /** The error that has ended the connection; undefined if it has not failed. */
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

  /** How many streams are open or half closed. */
  get openStreams(): number {
    return this.streams.size;
  }

  /** The error that has ended the connection; undefined if it has not failed. */
  get failure(): ConnectionError | undefined {
    return this.#failure;
  }

  /** Whether nothing more will happen: the connection has failed, or one side is shutting down and no stream is open. */
  get isOver(): boolean {
    return this.#failure !== undefined || (this.isClosing && this.streams.size === 0);
  }

  /** Whether one side has announced that it accepts no more streams. */
  get isClosing(): boolean {
    return this.goawaySent || this.#goawayReceived;
  }

  /** How many bytes were framed and not taken. */
  get outputBytes(): number {
    return this.sender.outputBytes;
  }

  /**
   * Processes what was read from the socket. Must not be called from within a callback. `now` is in milliseconds from any fixed
   * time. The data that receivers get are views of `bytes`. Returns how many bytes were processed: all, unless `pause` was called;
   * the others must be passed again before anything else. After a breach of the protocol the connection has `failure`, its streams
   * are closed, and `take` returns the GOAWAY. Errors: what a receiver throws, after the connection has failed with
   * INTERNAL_ERROR.
   */
  receive(bytes: Uint8Array, now: number): number {
    if (this.#failure !== undefined) return bytes.length;
    this.allowance.passTime(now);
    try {
      const frames = this.skipPreface(bytes);
      return bytes.length - frames.length + this.#reader.read(frames);
    } catch (thrown) {
      if (thrown instanceof ConnectionError) {
        this.#fail(thrown);
        return bytes.length;
      }
      this.#fail(new ConnectionError(ErrorCode.INTERNAL_ERROR, "a receiver has failed"));
      throw thrown;
    }
  }

  /** Called from a callback of `receive`, makes it return before the next request, so that other connections have their turn. */
  pause(): void {
    this.#reader.pause();
  }

  /**
   * Returns the bytes to write to the socket next, in order; none are left if it is empty, until `output` is called. Call it
   * again only when the socket has accepted the bytes: until then, further data waits in the connection, where limits apply.
   */
  take(): Uint8Array[] {
    return this.sender.take();
  }

  /** Sends a ping to check whether the peer responds. `onAck` is called when it is acknowledged. */
  ping(onAck: () => void): void {
    if (this.#failure === undefined) this.#pings.send(onAck);
  }

  /** Ends gracefully: open streams are served to their end. */
  abstract shutdown(): void;

  /** Ends the connection at once and sends the error to the peer. Nothing more is read, also when called from a callback. */
  abort(code: number, message: string): void {
    this.#fail(new ConnectionError(code, message));
  }

  /** Closes all streams because the socket has closed. */
  disconnected(): void {
    this.#end(new ConnectionError(ErrorCode.NO_ERROR, "the connection was closed"), ErrorCode.CANCEL);
  }

  /**
   * Raises how many bytes the peer may send before we consume them, on the connection and on every stream that is open or begins
   * later.
   */
  widen(connectionBytes: number, streamBytes: number): void {
    this.#windows.widen(connectionBytes, streamBytes, this.streams.all());
  }

  /** Tells the peer that no stream above `lastStreamId` is served. */
  protected goaway(lastStreamId: number, code: number): void {
    this.goawaySent = true;
    this.sender.goaway(lastStreamId, code);
  }

  /** Sends our settings, with which both sides must begin (section 3.4). */
  protected sendSettings(settings: readonly (readonly [number, number])[]): void {
    this.sender.settings(settings);
    this.#windows.start();
  }

  /** Handles the fields after a body. */
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

  /** Throws ConnectionError if a frame of `type` is not allowed at this point. */
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

  // The following differs between server and client.

  /** The highest of the peer's streams that was served. */
  protected abstract get lastServed(): number;
  /** Returns the bytes that follow the client's preface. Errors: ConnectionError PROTOCOL_ERROR. */
  protected abstract skipPreface(bytes: Uint8Array): Uint8Array;
  /** Handles a header block on a stream that is not open. */
  protected abstract headersWithoutStream(id: number, list: HeaderList, ends: boolean, dependsOnItself: boolean): void;
  /** Handles a header block on an open stream whose peer has not ended it. */
  protected abstract headersOnStream(stream: Stream, list: HeaderList, endsStream: boolean): void;
  /** Closes the streams above `lastStreamId`, because the peer is shutting down and does not serve them. */
  protected abstract abandonAbove(lastStreamId: number): void;
  protected abstract peerSettingsChanged(): void;
  protected abstract streamClosed(): void;
}
