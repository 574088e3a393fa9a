/**
 * One side of an HTTP/2 connection (RFC 9113). It does no I/O:
 * - `receive` processes the bytes that the caller has read from a socket, and calls the receivers of streams.
 * - `take` returns the bytes that the caller must write to the socket.
 * The subclasses in server-connection.ts and client-connection.ts contain what only a server or only a client does.
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

/** The events of a connection. The events of its streams are defined in StreamReceiver. */
export interface ConnectionEvents {
  /** Called when there are bytes to take. It is not called again until `take` has returned an empty array. */
  output(): void;
  /** Called when the peer sent something that made us refuse or reset a stream without a receiver. */
  refused?(code: number): void;
  /** Called when the peer accepts no new streams. It has not processed the streams above `lastStreamId`. */
  goaway?(code: number, lastStreamId: number): void;
}

/** The common part of both sides of a connection. */
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

  /**
   * True if the connection has failed, or if one side is shutting down and no stream is open. Nothing more will happen
   * then.
   */
  get isOver(): boolean {
    return this.#failure !== undefined || (this.isClosing && this.streams.size === 0);
  }

  /** Whether one side has announced that it accepts no more streams. */
  get isClosing(): boolean {
    return this.goawaySent || this.#goawayReceived;
  }

  /** How many bytes of frames are waiting for `take`. */
  get outputBytes(): number {
    return this.sender.outputBytes;
  }

  /**
   * Processes `bytes` that were read from the socket. Must not be called from within a callback.
   * - `now` is a time in milliseconds since any fixed moment.
   * - The data that receivers get are views of `bytes`.
   * - The result is the number of processed bytes. It is less than `bytes.length` only if `pause` was called. Then the
   *   next call must begin with the other bytes.
   * - If the peer breaks the protocol, `failure` is set, all streams are closed, and `take` returns the GOAWAY.
   * - If a receiver throws, the connection fails with INTERNAL_ERROR, and the exception is thrown to the caller.
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

  /**
   * Makes the current call of `receive` return before the next request, so that other connections have their turn. May
   * only be called from a callback.
   */
  pause(): void {
    this.#reader.pause();
  }

  /**
   * Returns the bytes to write to the socket next, in order. If the array is empty, wait for `output`. Do not call
   * `take` again before the socket has accepted the bytes. Until then, further data waits in the connection, where
   * limits apply.
   */
  take(): Uint8Array[] {
    return this.sender.take();
  }

  /** Sends a PING to check whether the peer responds. `onAck` is called when the peer acknowledges it. */
  ping(onAck: () => void): void {
    if (this.#failure === undefined) this.#pings.send(onAck);
  }

  /** Ends the connection gracefully: no new streams begin, and open streams continue to their end. */
  abstract shutdown(): void;

  /**
   * Ends the connection at once and sends the error to the peer. Nothing more is read, even from the bytes that
   * `receive` is processing.
   */
  abort(code: number, message: string): void {
    this.#fail(new ConnectionError(code, message));
  }

  /** Closes all streams because the socket has closed. */
  disconnected(): void {
    this.#end(new ConnectionError(ErrorCode.NO_ERROR, "the connection was closed"), ErrorCode.CANCEL);
  }

  /**
   * Enlarges our flow-control windows: of the connection, of all open streams, and of streams that begin later. The
   * arguments are sizes in bytes.
   */
  widen(connectionBytes: number, streamBytes: number): void {
    this.#windows.widen(connectionBytes, streamBytes, this.streams.all());
  }

  /** Sends GOAWAY, which tells the peer that no stream above `lastStreamId` is served. */
  protected goaway(lastStreamId: number, code: number): void {
    this.goawaySent = true;
    this.sender.goaway(lastStreamId, code);
  }

  /** Sends our settings. Both sides must begin with their settings (section 3.4). */
  protected sendSettings(settings: readonly (readonly [number, number])[]): void {
    this.sender.settings(settings);
    this.#windows.start();
  }

  /** Handles the header list that follows the body. */
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

  /** Throws ConnectionError if a frame of `type` is not allowed now, or if the peer does not read what we send. */
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

  // Servers and clients implement the following members differently.

  /** The highest number of a stream of the peer that was served. */
  protected abstract get lastServed(): number;
  /**
   * Returns the bytes that follow the client's preface. Throws ConnectionError PROTOCOL_ERROR if the preface is wrong.
   */
  protected abstract skipPreface(bytes: Uint8Array): Uint8Array;
  /** Handles a header block on a stream that is not open. */
  protected abstract headersWithoutStream(id: number, list: HeaderList, ends: boolean, dependsOnItself: boolean): void;
  /** Handles a header block on an open stream that the peer has not ended. */
  protected abstract headersOnStream(stream: Stream, list: HeaderList, endsStream: boolean): void;
  /** Closes the streams above `lastStreamId`, because the peer is shutting down and does not serve them. */
  protected abstract abandonAbove(lastStreamId: number): void;
  protected abstract peerSettingsChanged(): void;
  protected abstract streamClosed(): void;
}
