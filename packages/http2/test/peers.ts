/** A connection under test that is driven by frames and records all its events. */
import { ClientConnection } from "../src/client-connection.ts";
import type { Connection } from "../src/connection.ts";
import { errorName } from "../src/errors.ts";
import type { RequestHead } from "../src/fields.ts";
import type { Limits } from "../src/limits.ts";
import { ServerConnection } from "../src/server-connection.ts";
import type { Stream, StreamReceiver } from "../src/stream.ts";
import {
  block,
  bytes,
  describe,
  END_HEADERS,
  END_STREAM,
  type Frame,
  headers,
  PREFACE,
  parse,
  rstStream,
  settings,
  settingsAck,
} from "./frames.ts";

export const REQUEST = block(":method", "POST", ":scheme", "http", ":path", "/a/b", ":authority", "host");
export const RESPONSE = block(":status", "200");
/** The fields that tests pass to `request`. */
export const REQUEST_FIELDS = [":method", "POST", ":scheme", "http", ":path", "/a/b", ":authority", "host"];
export const RESPONSE_FIELDS = [":status", "200"];

/**
 * The common part of TestClient and TestServer. From the view of the connection under test, "the peer" is the test
 * itself.
 */
export abstract class Peer {
  abstract readonly connection: Connection;
  /** The events that the connection has reported, such as "1 data 5", "1 end" or "1 closed CANCEL by peer". */
  readonly heard: string[] = [];
  readonly streams = new Map<number, Stream>();
  readonly bodies = new Map<number, number[]>();
  /** Whether the receivers consume data as soon as they get it. */
  consumes = true;
  /** How many times `output` was called. */
  outputs = 0;
  now = 0;

  /** Sends frames to the connection and returns the frames that it sends back. */
  send(...frames: readonly Uint8Array[]): Frame[] {
    this.connection.receive(bytes(...frames), this.now);
    return this.take();
  }

  /** Like `send`, but returns descriptions of the frames. */
  says(...frames: readonly Uint8Array[]): string[] {
    return this.send(...frames).map(describe);
  }

  /** Takes all bytes that the connection has to send, and returns them as frames. */
  take(): Frame[] {
    const chunks: Uint8Array[] = [];
    for (let more = this.connection.take(); more.length > 0; more = this.connection.take()) chunks.push(...more);
    return parse(bytes(...chunks));
  }

  takes(): string[] {
    return this.take().map(describe);
  }

  /** The error that has ended the connection. */
  get failure(): string | undefined {
    return this.connection.failure && errorName(this.connection.failure.code);
  }

  /** Opens a stream in both directions. */
  abstract begin(id: number): void;
  /** Opens a stream and ends the test's side of it. */
  abstract beginEnded(id: number): void;
  /** Makes the code under test end its side of a stream. */
  abstract finish(id: number): void;

  protected receiver(id: () => number): StreamReceiver {
    return {
      head: (fields, status) => this.heard.push(`${id()} head ${status} ${fields.join(",")}`.trimEnd()),
      data: (piece) => {
        const body = this.bodies.get(id()) ?? [];
        this.bodies.set(id(), body);
        body.push(...piece);
        if (this.consumes) this.streams.get(id())?.consume(piece.length);
      },
      end: (trailers) => this.heard.push(`${id()} end${trailers === undefined ? "" : ` ${trailers.join(",")}`}`),
      closed: (code, byPeer) =>
        this.heard.push(`${id()} closed${code === undefined ? "" : ` ${errorName(code)}${byPeer ? " by peer" : ""}`}`),
      drained: () => this.heard.push(`${id()} drained`),
    };
  }
}

/** Acts as a client to test a server. */
export class TestClient extends Peer {
  readonly connection: ServerConnection;
  readonly heads = new Map<number, RequestHead>();
  /** Called for each request, after the request has been recorded. */
  onRequest: (stream: Stream, head: RequestHead, tooLarge: boolean) => void = () => {};

  constructor(limits: Partial<Limits> = {}) {
    super();
    this.connection = new ServerConnection(
      {
        output: () => {
          this.outputs += 1;
        },
        refused: (code) => this.heard.push(`refused ${errorName(code)}`),
        goaway: (code, last) => this.heard.push(`goaway ${errorName(code)} ${last}`),
        request: (stream, head, tooLarge, ended) => {
          this.streams.set(stream.id, stream);
          this.heads.set(stream.id, head);
          this.heard.push(`${stream.id} request${tooLarge ? " too large" : ""}${ended ? " ended" : ""}`);
          this.onRequest(stream, head, tooLarge);
          return this.receiver(() => stream.id);
        },
      },
      limits,
    );
    this.connection.start();
  }

  static readonly preface = PREFACE;

  /** Returns a test client whose server has exchanged settings with it. */
  static ready(limits: Partial<Limits> = {}, ...clientSettings: readonly (readonly [number, number])[]): TestClient {
    const peer = new TestClient(limits);
    peer.send(PREFACE, settings(...clientSettings), settingsAck());
    return peer;
  }

  override begin(id: number): void {
    this.send(headers(id, REQUEST));
  }

  override beginEnded(id: number): void {
    this.send(headers(id, REQUEST, END_HEADERS | END_STREAM));
  }

  override finish(id: number): void {
    const stream = this.streams.get(id)!;
    stream.respond(RESPONSE_FIELDS);
    stream.end();
    this.take();
  }
}

/** Acts as a server to test a client. */
export class TestServer extends Peer {
  readonly connection: ClientConnection;

  constructor(limits: Partial<Limits> = {}) {
    super();
    this.connection = new ClientConnection(
      {
        output: () => {
          this.outputs += 1;
        },
        goaway: (code, last) => this.heard.push(`goaway ${errorName(code)} ${last}`),
      },
      limits,
    );
    this.connection.start();
  }

  /** Returns a test server whose client has exchanged settings with it. */
  static ready(limits: Partial<Limits> = {}, ...serverSettings: readonly (readonly [number, number])[]): TestServer {
    const peer = new TestServer(limits);
    peer.takeRaw();
    peer.send(settings(...serverSettings), settingsAck());
    return peer;
  }

  /** Takes the bytes that the client has sent, including the preface. */
  takeRaw(): Uint8Array {
    const taken = bytes(...this.connection.take());
    this.connection.take();
    return taken;
  }

  request(fields: readonly string[] = REQUEST_FIELDS, end = false): Stream {
    let id = 0;
    const stream = this.connection.request(
      fields,
      this.receiver(() => id),
      end,
    );
    id = stream.id;
    this.streams.set(id, stream);
    return stream;
  }

  /** Makes the client begin requests up to stream `id`, and sends the head of a response on that stream. */
  override begin(id: number): void {
    while (!this.streams.has(id)) this.request();
    this.take();
    this.send(headers(id, RESPONSE));
  }

  override beginEnded(id: number): void {
    this.begin(id);
    this.send(headers(id, block("grpc-status", "0"), END_HEADERS | END_STREAM));
  }

  override finish(id: number): void {
    this.streams.get(id)!.end();
    this.take();
  }
}

/** Closes a stream by ending both of its sides. */
export function close(peer: Peer, id: number): void {
  peer.beginEnded(id);
  peer.finish(id);
}

/** Closes a stream by a reset that the test sends. */
export function resetByPeer(peer: Peer, id: number): void {
  peer.begin(id);
  peer.send(rstStream(id, 8));
}

/** Closes a stream by a reset that the code under test sends. */
export function resetByUs(peer: Peer, id: number): void {
  peer.begin(id);
  peer.streams.get(id)!.reset();
  peer.take();
}
