/**
 * Sends frames, within the peer's flow-control windows. Keeps track of the streams that wait for a window or for the
 * socket.
 */
import type { Allowance } from "./allowance.ts";
import { ByteWriter } from "./byte-writer.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES, Flag, FrameType, MAX_WINDOW_BYTES } from "./frame.ts";
import { type EncodedBlock, HpackEncoder } from "./hpack/encoder.ts";
import { PeerSettings, readSettings } from "./settings.ts";
import type { Stream } from "./stream.ts";

/**
 * How many bytes of data a DATA frame may have. The peer may allow more, but shorter frames let the streams take turns.
 */
const MAX_DATA_BYTES = 64 * 1024;

/** The events of a sender. */
export interface SenderEvents {
  /** Called when there are bytes to take. */
  output(): void;
  /** Called when our side of `stream` has ended. */
  ended(stream: Stream): void;
}

/** The sending side of a connection. */
export class Sender {
  readonly peer = new PeerSettings();
  readonly #out = new ByteWriter();
  readonly #encoder = new HpackEncoder();
  readonly #allowance: Allowance;
  readonly #maxOutputBytes: number;
  readonly #events: SenderEvents;
  /** Whether `output` has been called since `take` last returned an empty array. */
  #announced = false;
  #closed = false;
  #window = DEFAULT_WINDOW_BYTES;
  /** Streams that have data to send, but must wait for a window or for the socket. */
  readonly #blocked = new Set<Stream>();
  /** How many SETTINGS frames the peer has not acknowledged. */
  #unacknowledged = 0;

  constructor(allowance: Allowance, maxOutputBytes: number, events: SenderEvents) {
    this.#allowance = allowance;
    this.#maxOutputBytes = maxOutputBytes;
    this.#events = events;
  }

  /** How many bytes of frames are waiting for `take`. */
  get outputBytes(): number {
    return this.#out.length;
  }

  /**
   * Puts as much waiting data into frames as windows and limits allow, and returns the bytes to be written, in order.
   * If the array is empty, `output` is called as soon as there are more bytes.
   */
  take(): Uint8Array[] {
    this.#announced = true;
    if (this.#blocked.size > 0) this.#sendBlocked();
    const chunks = this.#out.take();
    if (chunks.length === 0) this.#announced = false;
    return chunks;
  }

  /** Closes the sender. After that, only bytes that are already waiting for `take` are sent. */
  close(): void {
    this.#closed = true;
  }

  /** Writes the client's preface, which is not a frame. */
  raw(bytes: Uint8Array): void {
    this.#out.copy(bytes);
    this.#announce();
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    if (this.#closed) return;
    this.#out.frameHead(payload.length, type, flags, streamId);
    this.#out.copy(payload);
    this.#announce();
  }

  /** Writes a frame whose payload is one 32-bit number: RST_STREAM or WINDOW_UPDATE. */
  numberFrame(type: number, streamId: number, value: number): void {
    if (this.#closed) return;
    this.#out.frameHead(4, type, 0, streamId);
    this.#out.uint32(value);
    this.#announce();
  }

  settings(settings: readonly (readonly [number, number])[]): void {
    if (this.#closed) return;
    this.#unacknowledged += 1;
    this.#out.frameHead(6 * settings.length, FrameType.SETTINGS, 0, 0);
    for (const [id, value] of settings) {
      this.#out.uint16(id);
      this.#out.uint32(value);
    }
    this.#announce();
  }

  goaway(lastStreamId: number, code: number): void {
    if (this.#closed) return;
    this.#out.frameHead(8, FrameType.GOAWAY, 0, 0);
    this.#out.uint32(lastStreamId);
    this.#out.uint32(code);
    this.#announce();
  }

  /** Records that the peer has acknowledged SETTINGS. Returns false if all were acknowledged already. */
  settingsAcknowledged(): boolean {
    if (this.#unacknowledged === 0) return false;
    this.#unacknowledged -= 1;
    return true;
  }

  /**
   * Reads the payload of the peer's SETTINGS. Throws ConnectionError. Returns by how many bytes the windows of open
   * streams change, and the caller must change them.
   */
  peerSettings(payload: Uint8Array): number {
    const before = this.peer.initialWindowBytes;
    readSettings(payload, this.peer, (bytes) => this.#encoder.limitTable(bytes));
    return this.peer.initialWindowBytes - before;
  }

  /** Enlarges the peer's window for the connection. Returns false if the window is then larger than the maximum. */
  widenConnection(increment: number): boolean {
    this.#window += increment;
    if (this.#window > MAX_WINDOW_BYTES) return false;
    if (this.#blocked.size > 0) this.#announce();
    return true;
  }

  /** Changes the peer's window for a stream. Returns false if the window is then larger than the maximum. */
  widenStream(stream: Stream, increment: number): boolean {
    stream.sendWindow += increment;
    if (stream.sendWindow > MAX_WINDOW_BYTES) return false;
    if (this.#blocked.has(stream)) this.#announce();
    return true;
  }

  /**
   * Returns the header block of `fields`. It must be sent before anything else is encoded. Throws TypeError for a field
   * that HTTP forbids.
   */
  encode(fields: readonly string[]): EncodedBlock {
    return this.#encoder.encode(fields);
  }

  /** Sends a header block in as many frames as necessary. */
  head(stream: Stream, { bytes, length }: EncodedBlock, end: boolean): void {
    let flags: number = end ? Flag.END_STREAM : 0;
    let type: number = FrameType.HEADERS;
    for (let at = 0; at < length || at === 0; at += DEFAULT_FRAME_BYTES) {
      const to = Math.min(length, at + DEFAULT_FRAME_BYTES);
      if (to === length) flags |= Flag.END_HEADERS;
      this.#out.frameHead(to - at, type, flags, stream.id);
      this.#out.copy(bytes, at, to);
      type = FrameType.CONTINUATION;
      flags = 0;
    }
    if (end) this.#events.ended(stream);
    this.#announce();
  }

  /**
   * Queues `bytes` on `stream`, and sends as much as windows and limits allow. The rest is sent when they allow more.
   * If the stream is ending, its end follows the data.
   */
  send(stream: Stream, bytes: Uint8Array | undefined): void {
    if (bytes !== undefined && bytes.length > 0) {
      if (stream.waiting.length === 0 && this.#mayFrame(stream) >= bytes.length) this.#data(stream, bytes, true);
      else stream.waiting.push(bytes);
    }
    while (this.#sendSome(stream));
    if (stream.waiting.length > 0) this.#blocked.add(stream);
  }

  forget(stream: Stream): void {
    this.#blocked.delete(stream);
  }

  /** Returns how many bytes of data the next DATA frame of `stream` may have. */
  #mayFrame(stream: Stream): number {
    if (this.#out.length >= this.#maxOutputBytes) return 0;
    return Math.min(this.#window, stream.sendWindow, this.peer.maxFrameBytes, MAX_DATA_BYTES);
  }

  /**
   * Writes the next DATA frame of `stream`, or ends our side of it. Returns whether the stream may be able to send more
   * now.
   */
  #sendSome(stream: Stream): boolean {
    const first = stream.waiting[0];
    if (first === undefined) {
      if (stream.isEnding && !stream.localEnded) this.#sendEnding(stream);
      return false;
    }
    const from = stream.sentOfFirst;
    const bytes = Math.min(first.length - from, this.#mayFrame(stream));
    if (bytes <= 0) return false;
    const isLast = from + bytes === first.length;
    if (isLast) stream.waiting.shift();
    stream.sentOfFirst = isLast ? 0 : from + bytes;
    const piece = bytes === first.length ? first : first.subarray(from, from + bytes);
    this.#data(stream, piece, stream.waiting.length === 0);
    return true;
  }

  /** Writes `bytes` as a DATA frame, which the windows must allow. `isLast` means that no more data is waiting. */
  #data(stream: Stream, bytes: Uint8Array, isLast: boolean): void {
    const ends = isLast && stream.isEnding && stream.trailers === undefined;
    this.#window -= bytes.length;
    stream.sendWindow -= bytes.length;
    this.#allowance.transferred(bytes.length);
    this.#out.frameHead(bytes.length, FrameType.DATA, ends ? Flag.END_STREAM : 0, stream.id);
    this.#out.bytes(bytes);
    if (ends) this.#events.ended(stream);
    this.#announce();
  }

  #sendEnding(stream: Stream): void {
    if (stream.trailers !== undefined) {
      this.head(stream, this.encode(stream.trailers), true);
      return;
    }
    this.#out.frameHead(0, FrameType.DATA, Flag.END_STREAM, stream.id);
    this.#events.ended(stream);
    this.#announce();
  }

  /** Writes one frame of each waiting stream in turn, until no waiting stream may send. */
  #sendBlocked(): void {
    for (let sent = true; sent && this.#blocked.size > 0; ) {
      sent = false;
      for (const stream of this.#blocked) {
        if (this.#sendSome(stream)) sent = true;
        // A callback may have completed or closed the stream in the meantime.
        if (stream.waiting.length > 0 || !this.#blocked.delete(stream)) continue;
        this.#sendSome(stream);
        stream.receiver?.drained?.();
      }
    }
  }

  /** Calls `output` if it has not been called since `take` last returned an empty array. */
  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#events.output();
  }
}
