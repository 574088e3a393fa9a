/** An HTTP/2 client that can send any frame, including frames that RFC 9113 forbids. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const ACK = 1;
const HEAD_BYTES = 9;

/** Encodes a frame (RFC 9113, section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
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

/** Encodes the payload of SETTINGS. */
export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

/** Returns the concatenation of `count` frames or groups of frames. */
export function many(count: number, make: (index: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
}

/** The properties that all connections of an attacker share. */
export interface Origin {
  readonly port: number;
  readonly tls: boolean;
  readonly localAddress: string;
}

/** Says how to begin a connection. */
export interface Beginning {
  /** The payload of the client's SETTINGS. */
  readonly settings?: Uint8Array;
  /** False if the attack itself sends the connection preface. */
  readonly preface?: boolean;
  /** False if the client never reads from the socket. */
  readonly reads?: boolean;
}

/** One connection of the attacker. It records how the server ends the connection. */
export class RawConnection {
  readonly socket: Socket;
  /** The error code of the GOAWAY that was received; undefined if there was no GOAWAY. */
  goaway: number | undefined;
  /** How many streams the server has reset, by error code. */
  readonly resets = new Map<number, number>();
  /** How many calls have received a complete response or a reset. */
  ended = 0;
  /** Whether the socket was closed before `leave` was called. */
  wasCut = false;
  readonly #closed: Promise<void>;
  #isLeaving = false;
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = -1;

  constructor({ port, tls, localAddress }: Origin, { settings, preface = true, reads = true }: Beginning = {}) {
    const target = { host: "127.0.0.1", port, localAddress };
    this.socket = tls
      ? connectTls({ ...target, ALPNProtocols: ["h2"], rejectUnauthorized: false })
      : connect({ ...target, noDelay: true });
    this.socket.on("error", () => undefined);
    this.#closed = new Promise((resolve) => {
      this.socket.once("close", () => {
        this.wasCut = !this.#isLeaving;
        resolve();
      });
    });
    if (reads) this.socket.on("data", (bytes) => this.#read(bytes));
    if (preface) void this.send(PREFACE, frame(Type.settings, 0, 0, settings));
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return !this.socket.destroyed && this.goaway === undefined;
  }

  /** Returns the number of a new stream. */
  stream(): number {
    this.#nextStream += 2;
    return this.#nextStream;
  }

  /** Sends bytes. Resolves when the socket has accepted them or is closed. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    if (this.socket.destroyed) return;
    const written = new Promise((resolve) => this.socket.write(Buffer.concat(frames), resolve));
    await Promise.race([written, this.#closed]);
  }

  /** Closes the connection from the side of the attacker. */
  leave(): void {
    this.#isLeaving = true;
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      this.#frame(this.#rest[3]!, this.#rest[4]!, this.#rest.subarray(HEAD_BYTES, end));
      this.#rest = this.#rest.subarray(end);
    }
  }

  #frame(type: number, flags: number, payload: Buffer): void {
    if (type === Type.settings && (flags & ACK) === 0) void this.send(frame(Type.settings, ACK, 0));
    else if (type === Type.goaway) this.goaway = payload.readUInt32BE(4);
    else if (type === Type.reset) {
      const code = payload.readUInt32BE();
      this.resets.set(code, (this.resets.get(code) ?? 0) + 1);
      this.ended += 1;
    } else if ((type === Type.data || type === Type.headers) && (flags & END_STREAM) !== 0) this.ended += 1;
  }
}
