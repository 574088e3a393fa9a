/** What single frames must look like (RFC 9113, sections 3.4, 4 and 6), for both ends. */
import { describe, expect, test } from "vitest";
import {
  ACK,
  block,
  bytes,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  FrameType,
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
  u32,
  verdict,
  windowUpdate,
} from "../test/frames.ts";
import { type Peer, REQUEST, RESPONSE, TestClient, TestServer } from "../test/peers.ts";

const LARGEST = 16_384;
const ENDED = END_HEADERS | END_STREAM;
const UNKNOWN_TYPE = 0xbe;

/** What is sent, on a connection whose stream 1 is open, and how it is judged. */
const RULES: readonly (readonly [section: string, title: string, sent: readonly Uint8Array[], expected: string])[] = [
  ["4.1", "an unknown type is ignored", [frame(UNKNOWN_TYPE, 0xff, 1, [1, 2])], "fine"],
  ["4.1", "an unknown type is ignored on stream 0", [frame(UNKNOWN_TYPE, 0, 0)], "fine"],
  ["4.1", "undefined flags are ignored", [frame(FrameType.PING, 0xfe, 0, new Uint8Array(8))], "fine"],
  ["4.1", "the reserved bit is ignored", [frame(FrameType.WINDOW_UPDATE, 0, 0x80000001, u32(0x80000001))], "fine"],
  ["4.2", "DATA of the largest size", [data(1, new Uint8Array(LARGEST))], "fine"],
  ["4.2", "DATA that is larger", [data(1, new Uint8Array(LARGEST + 1))], "connection FRAME_SIZE_ERROR"],
  ["4.2", "HEADERS that are larger", [headers(1, new Uint8Array(LARGEST + 1))], "connection FRAME_SIZE_ERROR"],
  [
    "4.2",
    "an unknown type that is larger",
    [frame(UNKNOWN_TYPE, 0, 0, new Uint8Array(LARGEST + 1))],
    "connection FRAME_SIZE_ERROR",
  ],
  ["4.3", "a header block that ends within a field", [headers(1, [0x40], ENDED)], "connection COMPRESSION_ERROR"],
  ["4.3", "an index of no field", [headers(1, [0xff, 0x00], ENDED)], "connection COMPRESSION_ERROR"],
  ["4.3", "a size of the table after a field", [headers(1, [0x82, 0x20], ENDED)], "connection COMPRESSION_ERROR"],
  [
    "4.3",
    "a size of the table above the limit",
    [headers(1, [0x3f, 0xe2, 0x1f], ENDED)],
    "connection COMPRESSION_ERROR",
  ],
  ["4.3", "Huffman code with EOS", [headers(1, hex("00 84 ffffffff 00"), ENDED)], "connection COMPRESSION_ERROR"],
  ["5.4.1", "an error ends the connection", [ping([1])], "connection FRAME_SIZE_ERROR"],
  ["6.1", "DATA on stream 0", [data(0, [1])], "connection PROTOCOL_ERROR"],
  ["6.1", "DATA with padding", [data(1, [2, 7, 7, 7, 0, 0], PADDED)], "fine"],
  ["6.1", "DATA that is all padding", [data(1, [2, 0, 0], PADDED)], "fine"],
  ["6.1", "DATA with as much padding as payload", [data(1, [3, 0, 0], PADDED)], "connection PROTOCOL_ERROR"],
  ["6.1", "DATA without the length of its padding", [data(1, [], PADDED)], "connection FRAME_SIZE_ERROR"],
  ["6.2", "HEADERS on stream 0", [headers(0, REQUEST)], "connection PROTOCOL_ERROR"],
  [
    "6.2",
    "HEADERS with more padding than payload",
    [headers(1, [2, 0], END_HEADERS | PADDED)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.2",
    "HEADERS whose padding leaves no place for the priority",
    [headers(1, [5, 0, 0, 0, 0, 0], END_HEADERS | PADDED | PRIORITY)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.2",
    "HEADERS without the length of its padding",
    [headers(1, [], END_HEADERS | PADDED)],
    "connection FRAME_SIZE_ERROR",
  ],
  [
    "6.2",
    "HEADERS too short for its priority",
    [headers(1, [0, 0, 0, 0], END_HEADERS | PRIORITY)],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.3", "PRIORITY", [priority(1, 0), priority(1, 3, 255), priority(1, 0x80000003)], "fine"],
  ["6.3", "PRIORITY on stream 0", [priority(0, 1)], "connection PROTOCOL_ERROR"],
  ["6.3", "PRIORITY of a wrong size", [frame(FrameType.PRIORITY, 0, 1, u32(0))], "stream 1 FRAME_SIZE_ERROR"],
  [
    "6.3",
    "PRIORITY of a wrong size on an idle stream",
    [frame(FrameType.PRIORITY, 0, 7, u32(0))],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.3", "PRIORITY that depends on itself", [priority(1, 1)], "connection PROTOCOL_ERROR"],
  ["6.4", "RST_STREAM on stream 0", [rstStream(0, 8)], "connection PROTOCOL_ERROR"],
  ["6.4", "RST_STREAM on an idle stream", [rstStream(7, 8)], "connection PROTOCOL_ERROR"],
  ["6.4", "RST_STREAM of a wrong size", [frame(FrameType.RST_STREAM, 0, 1, [0, 0, 8])], "connection FRAME_SIZE_ERROR"],
  ["7", "RST_STREAM with an unknown code", [rstStream(1, 0xfe), ping()], "fine"],
  [
    "6.5",
    "an acknowledgement of SETTINGS with a payload",
    [frame(FrameType.SETTINGS, ACK, 0, [0])],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.5", "SETTINGS on a stream", [frame(FrameType.SETTINGS, 0, 1)], "connection PROTOCOL_ERROR"],
  ["6.5", "SETTINGS of a wrong size", [frame(FrameType.SETTINGS, 0, 0, [0, 3, 0])], "connection FRAME_SIZE_ERROR"],
  ["6.5.2", "ENABLE_PUSH above 1", [settings([Setting.ENABLE_PUSH, 2])], "connection PROTOCOL_ERROR"],
  [
    "6.5.2",
    "INITIAL_WINDOW_SIZE above 2^31-1",
    [settings([Setting.INITIAL_WINDOW_SIZE, 2 ** 31])],
    "connection FLOW_CONTROL_ERROR",
  ],
  [
    "6.5.2",
    "MAX_FRAME_SIZE below 2^14",
    [settings([Setting.MAX_FRAME_SIZE, LARGEST - 1])],
    "connection PROTOCOL_ERROR",
  ],
  ["6.5.2", "MAX_FRAME_SIZE above 2^24-1", [settings([Setting.MAX_FRAME_SIZE, 2 ** 24])], "connection PROTOCOL_ERROR"],
  ["6.5.2", "unknown settings are ignored", [settings([0x0a0a, 1], [0xff, 2 ** 32 - 1])], "fine"],
  [
    "6.6",
    "PUSH_PROMISE",
    [frame(FrameType.PUSH_PROMISE, END_HEADERS, 1, [...u32(2), ...REQUEST])],
    "connection PROTOCOL_ERROR",
  ],
  ["6.7", "PING on a stream", [frame(FrameType.PING, 0, 1, new Uint8Array(8))], "connection PROTOCOL_ERROR"],
  ["6.7", "PING of a wrong size", [ping([1, 2, 3, 4, 5, 6, 7])], "connection FRAME_SIZE_ERROR"],
  ["6.8", "GOAWAY on a stream", [frame(FrameType.GOAWAY, 0, 1, [...u32(0), ...u32(0)])], "connection PROTOCOL_ERROR"],
  ["6.8", "GOAWAY of a wrong size", [frame(FrameType.GOAWAY, 0, 0, u32(0))], "connection FRAME_SIZE_ERROR"],
  ["7", "GOAWAY with an unknown code and debug data", [goaway(1, 0xff, [1, 2, 3])], "fine"],
  ["6.9", "WINDOW_UPDATE of 0", [windowUpdate(0, 0)], "connection PROTOCOL_ERROR"],
  ["6.9", "WINDOW_UPDATE of 0 on a stream", [windowUpdate(1, 0)], "stream 1 PROTOCOL_ERROR"],
  [
    "6.9",
    "WINDOW_UPDATE of a wrong size",
    [frame(FrameType.WINDOW_UPDATE, 0, 0, [0, 0, 1])],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.10", "CONTINUATION on stream 0", [headers(1, REQUEST, 0), continuation(0, [])], "connection PROTOCOL_ERROR"],
  [
    "6.10",
    "CONTINUATION of another stream",
    [headers(1, REQUEST, 0), continuation(3, [])],
    "connection PROTOCOL_ERROR",
  ],
  ["6.10", "CONTINUATION without HEADERS", [continuation(1, [])], "connection PROTOCOL_ERROR"],
  ["6.10", "CONTINUATION after DATA", [data(1, [1]), continuation(1, [])], "connection PROTOCOL_ERROR"],
  ["6.10", "DATA within a header block", [headers(1, [], 0), data(1, [1])], "connection PROTOCOL_ERROR"],
  ["6.10", "HEADERS within a header block", [headers(1, [], 0), headers(3, REQUEST)], "connection PROTOCOL_ERROR"],
  ["6.10", "PRIORITY within a header block", [headers(1, [], 0), priority(1, 0)], "connection PROTOCOL_ERROR"],
  [
    "6.10",
    "an unknown type within a header block",
    [headers(1, [], 0), frame(UNKNOWN_TYPE, 0, 0)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.10",
    "DATA after a CONTINUATION that is not the last",
    [headers(1, [], 0), continuation(1, [], 0), data(1, [1])],
    "connection PROTOCOL_ERROR",
  ],
];

const ENDS: readonly (readonly [string, () => Peer])[] = [
  ["server", () => TestClient.ready()],
  ["client", () => TestServer.ready()],
];

describe.each(ENDS)("%s", (end, create) => {
  test.each(RULES)("section %s: %s", (_section, _title, sent, expected) => {
    const peer = create();
    peer.begin(1);
    expect(verdict(peer.send(...sent))).toBe(expected);
    // The judgement holds for the connection, and nothing comes after a GOAWAY for an error.
    expect(peer.connection.failure !== undefined).toBe(expected.startsWith("connection"));
    expect(peer.says(ping([9, 9, 9, 9, 9, 9, 9, 9]))).toEqual(
      peer.failure === undefined ? ["PING ACK 9,9,9,9,9,9,9,9"] : [],
    );
  });

  test("section 6.2: HEADERS with padding and priority", () => {
    const peer = create();
    peer.begin(1);
    const trailers = bytes([2], u32(0x80000003), [7], block("x", "y"), [0, 0]);
    peer.send(headers(1, trailers, END_HEADERS | END_STREAM | PADDED | PRIORITY));
    expect(peer.heard.at(-1)).toBe("1 end x,y");
  });

  test("section 6.10: a header block in many frames", () => {
    const peer = create();
    peer.begin(1);
    const pieces = [...block("name", "value")].map((byte) => continuation(1, [byte], 0));
    peer.send(headers(1, [], END_STREAM), ...pieces, continuation(1, []));
    expect(peer.heard.at(-1)).toBe("1 end name,value");
  });

  test("section 6.5.3: every SETTINGS is acknowledged, in order with PING", () => {
    const peer = create();
    expect(peer.says(settings(), ping(), settings([Setting.MAX_FRAME_SIZE, 20_000]))).toEqual([
      "SETTINGS ACK",
      "PING ACK 1,2,3,4,5,6,7,8",
      "SETTINGS ACK",
    ]);
  });

  test("section 6.7: an acknowledgement that nobody asked for is not answered", () => {
    expect(create().says(ping([0, 0, 0, 0, 0, 0, 0, 1], ACK))).toEqual([]);
  });

  test("section 6.7: our pings are acknowledged in order", () => {
    const peer = create();
    const acknowledged: number[] = [];
    peer.connection.ping(() => acknowledged.push(1));
    peer.connection.ping(() => acknowledged.push(2));
    const [first, second] = peer.take();
    peer.send(ping(second!.payload, ACK));
    expect(acknowledged).toEqual([]);
    peer.send(ping(first!.payload, ACK), ping(second!.payload, ACK), ping(second!.payload, ACK));
    expect(acknowledged).toEqual([1, 2]);
  });

  test("section 3.4: the first frame is SETTINGS", () => {
    for (const sent of [ping(), data(1, [1]), headers(1, REQUEST), frame(FrameType.SETTINGS, ACK, 0)]) {
      const peer = end === "server" ? new TestClient() : new TestServer();
      if (peer instanceof TestServer) peer.takeRaw();
      peer.take();
      expect(verdict(peer.send(...(end === "server" ? [PREFACE] : []), sent))).toBe("connection PROTOCOL_ERROR");
    }
  });
});

describe("server", () => {
  test("section 3.4: a wrong preface at any byte", () => {
    for (let at = 0; at < PREFACE.length; at++) {
      const peer = new TestClient();
      peer.take();
      const wrong = PREFACE.slice();
      wrong[at]! ^= 1;
      expect(verdict(peer.send(wrong, settings()))).toBe("connection PROTOCOL_ERROR");
    }
  });

  test("section 3.4: settings are sent before the client's preface", () => {
    expect(new TestClient().takes()).toEqual(["SETTINGS"]);
  });

  test("section 6.2: a request in HEADERS and CONTINUATION", () => {
    const peer = TestClient.ready();
    peer.send(headers(1, REQUEST.subarray(0, 10), END_STREAM), continuation(1, REQUEST.subarray(10)));
    expect(peer.heard).toEqual(["1 request ended", "1 end"]);
  });

  test("section 5.3.1 of RFC 7540: HEADERS that depend on their own stream", () => {
    const peer = TestClient.ready();
    const itself = headers(1, [...u32(1), 0, ...REQUEST], END_HEADERS | PRIORITY);
    expect(verdict(peer.send(itself))).toBe("stream 1 PROTOCOL_ERROR");
  });
});

describe("client", () => {
  test("section 3.4: the preface and settings come first", () => {
    const peer = new TestServer();
    const [preface, rest] = [PREFACE, peer.takeRaw()];
    expect(rest.subarray(0, preface.length)).toEqual(preface);
    expect(rest[preface.length + 3]).toBe(FrameType.SETTINGS);
  });

  test("section 6.5.2: a server must not allow itself to push", () => {
    expect(verdict(TestServer.ready().send(settings([Setting.ENABLE_PUSH, 1])))).toBe("connection PROTOCOL_ERROR");
  });

  test("section 8.1: interim responses come before the final one", () => {
    const peer = TestServer.ready();
    peer.request();
    peer.take();
    peer.send(
      headers(1, block(":status", "103", "link", "x")),
      headers(1, block(":status", "100")),
      headers(1, RESPONSE),
    );
    expect(peer.heard).toEqual(["1 head 200"]);
  });
});
