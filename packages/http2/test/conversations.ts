/** Whole conversations, valid and invalid. Each consists of the bytes that one side sends to the other. */
import * as frames from "./frames.ts";
import { REQUEST, RESPONSE } from "./peers.ts";

const ENDED = frames.END_HEADERS | frames.END_STREAM;
const LONG = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
/**
 * Two header blocks with ":method: GET", ":scheme: http", ":path: /" and an authority. The first block has the
 * authority in Huffman code and adds it to the table. The second block refers to the table.
 */
const INDEXED = [frames.hex("82 86 84 41 8c f1e3 c2e5 f23a 6ba0 ab90 f4ff"), frames.hex("82 86 84 be")] as const;
const GRPC = frames.block("te", "trailers", "content-type", "application/grpc", "grpc-timeout", "20S");

/** What a client sends in each conversation. */
export const CLIENT_CONVERSATIONS: Readonly<Record<string, readonly Uint8Array[]>> = {
  "two calls": [
    frames.PREFACE,
    frames.settings([frames.Setting.ENABLE_PUSH, 0], [frames.Setting.INITIAL_WINDOW_SIZE, 100_000]),
    frames.windowUpdate(0, 1_000_000),
    frames.settingsAck(),
    frames.headers(1, frames.bytes(INDEXED[0], GRPC)),
    frames.data(1, LONG),
    frames.data(1, [], frames.END_STREAM),
    frames.headers(3, frames.bytes(INDEXED[1], GRPC)),
    frames.windowUpdate(3, 100),
    frames.ping(),
    frames.data(3, LONG, frames.END_STREAM),
  ],
  "padding, priority, continuation and trailers": [
    frames.PREFACE,
    frames.settings(),
    frames.priority(3, 0),
    frames.headers(
      1,
      frames.bytes([3], frames.u32(0), [7], REQUEST, [0, 0, 0]),
      frames.END_HEADERS | frames.PADDED | frames.PRIORITY,
    ),
    frames.data(1, frames.bytes([5], LONG, [0, 0, 0, 0, 0]), frames.PADDED),
    frames.data(1, [0], frames.PADDED),
    frames.headers(1, frames.block("x-checksum", "1").subarray(0, 5), frames.END_STREAM),
    frames.continuation(1, [], 0),
    frames.continuation(1, frames.block("x-checksum", "1").subarray(5)),
    frames.frame(0xbe, 0xff, 1, LONG),
    frames.headers(3, REQUEST, ENDED),
  ],
  "a length that is kept, and one that is not": [
    frames.PREFACE,
    frames.settings(),
    frames.headers(1, frames.bytes(REQUEST, frames.block("content-length", "300"))),
    frames.data(1, LONG, frames.END_STREAM),
    frames.headers(3, frames.bytes(REQUEST, frames.block("content-length", "299"))),
    frames.data(3, LONG),
    frames.headers(5, REQUEST, ENDED),
  ],
  "resets and malformed requests": [
    frames.PREFACE,
    frames.settings(),
    frames.headers(1, REQUEST),
    frames.rstStream(1, 8),
    frames.headers(3, frames.block("x", "y")),
    frames.data(3, LONG),
    frames.headers(5, REQUEST),
    frames.windowUpdate(5, 0),
    frames.data(5, LONG),
    frames.headers(7, REQUEST, ENDED),
    frames.goaway(0, 0, LONG),
  ],
  "DATA on a closed stream": [
    frames.PREFACE,
    frames.settings(),
    frames.headers(1, REQUEST),
    frames.rstStream(1, 8),
    frames.data(1, LONG),
    frames.ping(),
  ],
  "a frame that is too large": [
    frames.PREFACE,
    frames.settings(),
    frames.headers(1, REQUEST),
    frames.frame(0, 0, 1, new Uint8Array(16_385)),
  ],
  "padding that is too long": [
    frames.PREFACE,
    frames.settings(),
    frames.headers(1, REQUEST),
    frames.data(1, [2, 0], frames.PADDED),
    frames.ping(),
  ],
  "a header block that ends within a field": [
    frames.PREFACE,
    frames.settings(),
    frames.headers(1, REQUEST.subarray(0, 9)),
    frames.ping(),
  ],
  "a wrong preface": [frames.PREFACE.subarray(0, 20), frames.settings()],
};

/** What a server sends in each conversation. The client has the requests 1, 3, 5 and 7 open. */
export const SERVER_CONVERSATIONS: Readonly<Record<string, readonly Uint8Array[]>> = {
  responses: [
    frames.settings([frames.Setting.MAX_CONCURRENT_STREAMS, 10], [frames.Setting.INITIAL_WINDOW_SIZE, 1000]),
    frames.settingsAck(),
    frames.headers(1, frames.bytes(frames.hex("88"), frames.block("content-type", "application/grpc"))),
    frames.data(1, LONG),
    frames.headers(3, frames.block(":status", "103")),
    frames.headers(3, RESPONSE),
    frames.data(1, frames.bytes([2], LONG, [0, 0]), frames.PADDED),
    frames.headers(1, frames.block("grpc-status", "0"), ENDED),
    frames.ping(),
    frames.data(3, LONG, frames.END_STREAM),
    frames.headers(5, RESPONSE, ENDED),
    frames.windowUpdate(7, 5),
    frames.rstStream(7, 0xb),
  ],
  "a goodbye": [
    frames.settings(),
    frames.headers(1, RESPONSE),
    frames.goaway(2 ** 31 - 1, 0),
    frames.data(1, LONG),
    frames.goaway(3, 0),
    frames.headers(3, frames.block("grpc-status", "0").subarray(0, 4), 0),
    frames.continuation(3, frames.block("grpc-status", "0").subarray(4)),
    frames.data(1, [], frames.END_STREAM),
  ],
  "an error": [
    frames.settings(),
    frames.headers(1, RESPONSE),
    frames.data(1, LONG),
    frames.headers(1, RESPONSE),
    frames.data(3, LONG),
    frames.headers(2, RESPONSE),
  ],
};
