/** A connection under test, driven by frames, with everything it says written down. */
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
/** The same for respond and request. */
export const REQUEST_FIELDS = [":method", "POST", ":scheme", "http", ":path", "/a/b", ":authority", "host"];
export const RESPONSE_FIELDS = [":status", "200"];

/** What both kinds of peers have; "the peer" is the test. */
export abstract class Peer {
  abstract readonly connection: Connection;
  /** What the owner of the connection has heard: "1 data 5", "1 end", "1 closed CANCEL by peer". */
  readonly heard: string[] = [];
  readonly streams = new Map<number, Stream>();
  readonly bodies = new Map<number, number[]>();
  /** Receivers consume what they get. */
  consumes = true;
  /** How often `output` was called. */
  outputs = 0;
  now = 0;

  /** Feeds frames and returns those that come back. */
  send(...frames: readonly Uint8Array[]): Frame[] {
    this.connection.receive(bytes(...frames), this.now);
    return this.take();
  }

  /** The same, described. */
  says(...frames: readonly Uint8Array[]): string[] {
    return this.send(...frames).map(describe);
  }

  /** What waits to be written, until nothing is left. */
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

  /** A stream that is open in both directions. */
  abstract begin(id: number): void;
  /** A stream whose far side, the test's, has ended. */
  abstract beginEnded(id: number): void;
  /** Ends the near side of a stream. */
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

/** Tests a server by what a client sends. */
export class TestClient extends Peer {
  readonly connection: ServerConnection;
  readonly heads = new Map<number, RequestHead>();
  /** What the server does with a request besides recording it. */
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

  /** A server that has exchanged settings. */
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

/** Tests a client by what a server sends. */
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

  /** A client that has exchanged settings. */
  static ready(limits: Partial<Limits> = {}, ...serverSettings: readonly (readonly [number, number])[]): TestServer {
    const peer = new TestServer(limits);
    peer.takeRaw();
    peer.send(settings(...serverSettings), settingsAck());
    return peer;
  }

  /** The preface and what follows it. */
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

  /** Begins requests up to stream `id`, and the response on that one. */
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

/** A stream that both sides have ended. */
export function close(peer: Peer, id: number): void {
  peer.beginEnded(id);
  peer.finish(id);
}

/** A stream that the test has reset. */
export function resetByPeer(peer: Peer, id: number): void {
  peer.begin(id);
  peer.send(rstStream(id, 8));
}

/** A stream that the code under test has reset. */
export function resetByUs(peer: Peer, id: number): void {
  peer.begin(id);
  peer.streams.get(id)!.reset();
  peer.take();
}
