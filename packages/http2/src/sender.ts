/** The sending side: frames, the peer's flow-control windows, and streams that wait for a window or for the socket. */
import type { Allowance } from "./allowance.ts";
import { ByteWriter } from "./byte-writer.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES, Flag, FrameType, MAX_WINDOW_BYTES } from "./frame.ts";
import { type EncodedBlock, HpackEncoder } from "./hpack/encoder.ts";
import { PeerSettings, readSettings } from "./settings.ts";
import type { Stream } from "./stream.ts";

/** How long a DATA frame may be, in bytes, even if the peer allows more, so that streams take turns. */
const MAX_DATA_BYTES = 64 * 1024;

/** The events of a sender. */
export interface SenderEvents {
  /** There are bytes to take. */
  output(): void;
  /** Our side of `stream` has ended. */
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
  /** Whether `output` has been called since `take` last returned nothing. */
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

  /** How many bytes were framed and not taken. */
  get outputBytes(): number {
    return this.#out.length;
  }

  /**
   * Returns the bytes to be written, in order, after framing as much more as windows and limits allow. If there are none,
   * `output` is called when there are some.
   */
  take(): Uint8Array[] {
    this.#announced = true;
    if (this.#blocked.size > 0) this.#sendBlocked();
    const chunks = this.#out.take();
    if (chunks.length === 0) this.#announced = false;
    return chunks;
  }

  /** Closes the sender: from now on only the bytes that already wait to be taken are sent. */
  close(): void {
    this.#closed = true;
  }

  /** Writes bytes that are not a frame: the client's preface. */
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

  /** Records that the peer has acknowledged SETTINGS. Returns false if there were none to acknowledge. */
  settingsAcknowledged(): boolean {
    if (this.#unacknowledged === 0) return false;
    this.#unacknowledged -= 1;
    return true;
  }

  /**
   * Reads the payload of the peer's SETTINGS. Returns by how many bytes the windows of open streams change; the caller must apply
   * that. Errors: ConnectionError.
   */
  peerSettings(payload: Uint8Array): number {
    const before = this.peer.initialWindowBytes;
    readSettings(payload, this.peer, (bytes) => this.#encoder.limitTable(bytes));
    return this.peer.initialWindowBytes - before;
  }

  /** Enlarges the peer's window for the connection. Returns false if it then exceeds the maximum. */
  widenConnection(increment: number): boolean {
    this.#window += increment;
    if (this.#window > MAX_WINDOW_BYTES) return false;
    if (this.#blocked.size > 0) this.#announce();
    return true;
  }

  /** Changes the peer's window for a stream. Returns false if it then exceeds the maximum. */
  widenStream(stream: Stream, increment: number): boolean {
    stream.sendWindow += increment;
    if (stream.sendWindow > MAX_WINDOW_BYTES) return false;
    if (this.#blocked.has(stream)) this.#announce();
    return true;
  }

  /** Returns the header block of `fields`, which must be sent at once. Errors: TypeError for a field that HTTP forbids. */
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
   * Queues `bytes` on `stream`, and its end if it is ending, and sends as much as windows and limits allow. The rest follows when
   * they allow it.
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

  /** How many bytes the next DATA frame of `stream` may have. */
  #mayFrame(stream: Stream): number {
    if (this.#out.length >= this.#maxOutputBytes) return 0;
    return Math.min(this.#window, stream.sendWindow, this.peer.maxFrameBytes, MAX_DATA_BYTES);
  }

  /** Writes the next DATA frame of `stream`, or its end. Returns whether the stream may have more to send now. */
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

  /** Writes `bytes` as a DATA frame; the windows must allow it. `isLast` means that no more data is waiting. */
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

  /** Writes one frame of each waiting stream in turn, as long as any of them may send. */
  #sendBlocked(): void {
    for (let sent = true; sent && this.#blocked.size > 0; ) {
      sent = false;
      for (const stream of this.#blocked) {
        if (this.#sendSome(stream)) sent = true;
        // The stream may have been completed or closed by a callback meanwhile.
        if (stream.waiting.length > 0 || !this.#blocked.delete(stream)) continue;
        this.#sendSome(stream);
        stream.receiver?.drained?.();
      }
    }
  }

  /** Reports once that there are bytes to take. */
  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#events.output();
  }
}
