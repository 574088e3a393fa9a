/** Writes HTTP/2 frames (RFC 9113) one by one to a socket, so that tests can send what no HTTP/2 library sends. */
import { connect, type Socket } from "node:net";

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const ACK = 1;

/** A frame as it was received. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Encodes a frame. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes a 32-bit number, such as a window increment or an error code. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Encodes header fields as HPACK literals without indexing (RFC 7541 section 6.2.2). */
export function fields(all: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, "latin1");
    if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
    const length = [127];
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = rest >> 7) length.push((rest & 127) | 128);
    return Buffer.concat([Buffer.from([...length, rest]), bytes]);
  };
  return Buffer.concat(Object.entries(all).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

/** Encodes the head of a gRPC call of `rpc`. */
export function callHead(rpc: string, more: Readonly<Record<string, string>> = {}): Buffer {
  return fields({
    ":method": "POST",
    ":scheme": "http",
    ":path": rpc.startsWith("/") ? rpc : `/grep11.Crypto/${rpc}`,
    ":authority": "x",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
}

/** A connection that begins with HTTP/2 frames, without an upgrade from HTTP/1.1 ("prior knowledge"). */
export class RawFrames {
  readonly socket: Socket;
  /** The frames that the server has sent so far. */
  readonly received: Frame[] = [];
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  #rest = Buffer.alloc(0);
  #nextStream = -1;

  constructor(port: number, localAddress = "127.0.0.1") {
    this.socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    this.socket.on("error", () => undefined).on("data", (bytes: Buffer) => this.#read(bytes));
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    this.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(FRAME.settings, 0, 0));
  }

  /** Returns the number of the next stream that a client may open. */
  newStream(): number {
    this.#nextStream += 2;
    return this.#nextStream;
  }

  /** Sends all `frames` in one write. Resolves when the socket has accepted them, or is closed. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    if (this.socket.destroyed) return;
    const taken = new Promise<void>((resolve) => this.socket.write(Buffer.concat(frames), () => resolve()));
    await Promise.race([taken, this.closed]);
  }

  /** Whether the connection is closed within `ms` milliseconds. */
  async closesWithin(ms: number): Promise<boolean> {
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms).unref());
    return await Promise.race([this.closed.then(() => true), late]);
  }

  /** Returns how many frames of `type` have been received. */
  count(type: number): number {
    return this.received.filter((one) => one.type === type).length;
  }

  close(): void {
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const [type, flags] = [this.#rest.readUInt8(3), this.#rest.readUInt8(4)];
      const stream = this.#rest.readUInt32BE(5) & 0x7fffffff;
      this.received.push({ type, flags, stream, payload: this.#rest.subarray(9, end) });
      this.#rest = this.#rest.subarray(end);
      if (type === FRAME.settings && (flags & ACK) === 0) void this.send(frame(FRAME.settings, ACK, 0));
    }
  }
}
