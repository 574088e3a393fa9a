/** What one end has said to the other, frame by frame: whole conversations, good and bad. */
import {
  block,
  bytes,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  goaway,
  headers,
  hex,
  PADDED,
  PREFACE,
  PRIORITY,
  ping,
  priority,
  rstStream,
  Setting,
  settings,
  settingsAck,
  u32,
  windowUpdate,
} from "./frames.ts";
import { REQUEST, RESPONSE } from "./peers.ts";

const ENDED = END_HEADERS | END_STREAM;
const LONG = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
/** ":method: GET", ":scheme: http", ":path: /" and an authority in Huffman code that enters the table, then from the table. */
const INDEXED = [hex("82 86 84 41 8c f1e3 c2e5 f23a 6ba0 ab90 f4ff"), hex("82 86 84 be")] as const;
const GRPC = block("te", "trailers", "content-type", "application/grpc", "grpc-timeout", "20S");

/** From a client. */
export const CLIENT_CONVERSATIONS: Readonly<Record<string, readonly Uint8Array[]>> = {
  "two calls": [
    PREFACE,
    settings([Setting.ENABLE_PUSH, 0], [Setting.INITIAL_WINDOW_SIZE, 100_000]),
    windowUpdate(0, 1_000_000),
    settingsAck(),
    headers(1, bytes(INDEXED[0], GRPC)),
    data(1, LONG),
    data(1, [], END_STREAM),
    headers(3, bytes(INDEXED[1], GRPC)),
    windowUpdate(3, 100),
    ping(),
    data(3, LONG, END_STREAM),
  ],
  "padding, priority, continuation and trailers": [
    PREFACE,
    settings(),
    priority(3, 0),
    headers(1, bytes([3], u32(0), [7], REQUEST, [0, 0, 0]), END_HEADERS | PADDED | PRIORITY),
    data(1, bytes([5], LONG, [0, 0, 0, 0, 0]), PADDED),
    data(1, [0], PADDED),
    headers(1, block("x-checksum", "1").subarray(0, 5), END_STREAM),
    continuation(1, [], 0),
    continuation(1, block("x-checksum", "1").subarray(5)),
    frame(0xbe, 0xff, 1, LONG),
    headers(3, REQUEST, ENDED),
  ],
  "a length that is kept, and one that is not": [
    PREFACE,
    settings(),
    headers(1, bytes(REQUEST, block("content-length", "300"))),
    data(1, LONG, END_STREAM),
    headers(3, bytes(REQUEST, block("content-length", "299"))),
    data(3, LONG),
    headers(5, REQUEST, ENDED),
  ],
  "resets and malformed requests": [
    PREFACE,
    settings(),
    headers(1, REQUEST),
    rstStream(1, 8),
    headers(3, block("x", "y")),
    data(3, LONG),
    headers(5, REQUEST),
    windowUpdate(5, 0),
    data(5, LONG),
    headers(7, REQUEST, ENDED),
    goaway(0, 0, LONG),
  ],
  "DATA on a closed stream": [PREFACE, settings(), headers(1, REQUEST), rstStream(1, 8), data(1, LONG), ping()],
  "a frame that is too large": [PREFACE, settings(), headers(1, REQUEST), frame(0, 0, 1, new Uint8Array(16_385))],
  "padding that is too long": [PREFACE, settings(), headers(1, REQUEST), data(1, [2, 0], PADDED), ping()],
  "a header block that ends within a field": [PREFACE, settings(), headers(1, REQUEST.subarray(0, 9)), ping()],
  "a wrong preface": [PREFACE.subarray(0, 20), settings()],
};

/** From a server, to a client that has requests 1, 3, 5 and 7 running. */
export const SERVER_CONVERSATIONS: Readonly<Record<string, readonly Uint8Array[]>> = {
  responses: [
    settings([Setting.MAX_CONCURRENT_STREAMS, 10], [Setting.INITIAL_WINDOW_SIZE, 1000]),
    settingsAck(),
    headers(1, bytes(hex("88"), block("content-type", "application/grpc"))),
    data(1, LONG),
    headers(3, block(":status", "103")),
    headers(3, RESPONSE),
    data(1, bytes([2], LONG, [0, 0]), PADDED),
    headers(1, block("grpc-status", "0"), ENDED),
    ping(),
    data(3, LONG, END_STREAM),
    headers(5, RESPONSE, ENDED),
    windowUpdate(7, 5),
    rstStream(7, 0xb),
  ],
  "a goodbye": [
    settings(),
    headers(1, RESPONSE),
    goaway(2 ** 31 - 1, 0),
    data(1, LONG),
    goaway(3, 0),
    headers(3, block("grpc-status", "0").subarray(0, 4), 0),
    continuation(3, block("grpc-status", "0").subarray(4)),
    data(1, [], END_STREAM),
  ],
  "an error": [
    settings(),
    headers(1, RESPONSE),
    data(1, LONG),
    headers(1, RESPONSE),
    data(3, LONG),
    headers(2, RESPONSE),
  ],
};
