/** Tests the rules for single frames (RFC 9113, sections 3.4, 4 and 6), on clients and servers. */
import { describe, expect, test } from "vitest";
import * as frames from "../test/frames.ts";
import { type Peer, REQUEST, RESPONSE, TestClient, TestServer } from "../test/peers.ts";

const LARGEST = 16_384;
const ENDED = frames.END_HEADERS | frames.END_STREAM;
const UNKNOWN_TYPE = 0xbe;

/** Each case sends frames on a connection whose stream 1 is open, and names the expected verdict. */
const RULES: readonly (readonly [section: string, title: string, sent: readonly Uint8Array[], expected: string])[] = [
  ["4.1", "an unknown type is ignored", [frames.frame(UNKNOWN_TYPE, 0xff, 1, [1, 2])], "fine"],
  ["4.1", "an unknown type is ignored on stream 0", [frames.frame(UNKNOWN_TYPE, 0, 0)], "fine"],
  ["4.1", "undefined flags are ignored", [frames.frame(frames.FrameType.PING, 0xfe, 0, new Uint8Array(8))], "fine"],
  [
    "4.1",
    "the reserved bit is ignored",
    [frames.frame(frames.FrameType.WINDOW_UPDATE, 0, 0x80000001, frames.u32(0x80000001))],
    "fine",
  ],
  ["4.2", "DATA of the largest size", [frames.data(1, new Uint8Array(LARGEST))], "fine"],
  ["4.2", "DATA that is larger", [frames.data(1, new Uint8Array(LARGEST + 1))], "connection FRAME_SIZE_ERROR"],
  ["4.2", "HEADERS that are larger", [frames.headers(1, new Uint8Array(LARGEST + 1))], "connection FRAME_SIZE_ERROR"],
  [
    "4.2",
    "an unknown type that is larger",
    [frames.frame(UNKNOWN_TYPE, 0, 0, new Uint8Array(LARGEST + 1))],
    "connection FRAME_SIZE_ERROR",
  ],
  [
    "4.3",
    "a header block that ends within a field",
    [frames.headers(1, [0x40], ENDED)],
    "connection COMPRESSION_ERROR",
  ],
  ["4.3", "an index of no field", [frames.headers(1, [0xff, 0x00], ENDED)], "connection COMPRESSION_ERROR"],
  [
    "4.3",
    "a size of the table after a field",
    [frames.headers(1, [0x82, 0x20], ENDED)],
    "connection COMPRESSION_ERROR",
  ],
  [
    "4.3",
    "a size of the table above the limit",
    [frames.headers(1, [0x3f, 0xe2, 0x1f], ENDED)],
    "connection COMPRESSION_ERROR",
  ],
  [
    "4.3",
    "Huffman code with EOS",
    [frames.headers(1, frames.hex("00 84 ffffffff 00"), ENDED)],
    "connection COMPRESSION_ERROR",
  ],
  ["5.4.1", "an error ends the connection", [frames.ping([1])], "connection FRAME_SIZE_ERROR"],
  ["6.1", "DATA on stream 0", [frames.data(0, [1])], "connection PROTOCOL_ERROR"],
  ["6.1", "DATA with padding", [frames.data(1, [2, 7, 7, 7, 0, 0], frames.PADDED)], "fine"],
  ["6.1", "DATA that is all padding", [frames.data(1, [2, 0, 0], frames.PADDED)], "fine"],
  [
    "6.1",
    "DATA with as much padding as payload",
    [frames.data(1, [3, 0, 0], frames.PADDED)],
    "connection PROTOCOL_ERROR",
  ],
  ["6.1", "DATA without the length of its padding", [frames.data(1, [], frames.PADDED)], "connection FRAME_SIZE_ERROR"],
  ["6.2", "HEADERS on stream 0", [frames.headers(0, REQUEST)], "connection PROTOCOL_ERROR"],
  [
    "6.2",
    "HEADERS with more padding than payload",
    [frames.headers(1, [2, 0], frames.END_HEADERS | frames.PADDED)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.2",
    "HEADERS whose padding leaves no place for the priority",
    [frames.headers(1, [5, 0, 0, 0, 0, 0], frames.END_HEADERS | frames.PADDED | frames.PRIORITY)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.2",
    "HEADERS without the length of its padding",
    [frames.headers(1, [], frames.END_HEADERS | frames.PADDED)],
    "connection FRAME_SIZE_ERROR",
  ],
  [
    "6.2",
    "HEADERS too short for its priority",
    [frames.headers(1, [0, 0, 0, 0], frames.END_HEADERS | frames.PRIORITY)],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.3", "PRIORITY", [frames.priority(1, 0), frames.priority(1, 3, 255), frames.priority(1, 0x80000003)], "fine"],
  ["6.3", "PRIORITY on stream 0", [frames.priority(0, 1)], "connection PROTOCOL_ERROR"],
  [
    "6.3",
    "PRIORITY of a wrong size",
    [frames.frame(frames.FrameType.PRIORITY, 0, 1, frames.u32(0))],
    "stream 1 FRAME_SIZE_ERROR",
  ],
  [
    "6.3",
    "PRIORITY of a wrong size on an idle stream",
    [frames.frame(frames.FrameType.PRIORITY, 0, 7, frames.u32(0))],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.3", "PRIORITY that depends on itself", [frames.priority(1, 1)], "connection PROTOCOL_ERROR"],
  ["6.4", "RST_STREAM on stream 0", [frames.rstStream(0, 8)], "connection PROTOCOL_ERROR"],
  ["6.4", "RST_STREAM on an idle stream", [frames.rstStream(7, 8)], "connection PROTOCOL_ERROR"],
  [
    "6.4",
    "RST_STREAM of a wrong size",
    [frames.frame(frames.FrameType.RST_STREAM, 0, 1, [0, 0, 8])],
    "connection FRAME_SIZE_ERROR",
  ],
  ["7", "RST_STREAM with an unknown code", [frames.rstStream(1, 0xfe), frames.ping()], "fine"],
  [
    "6.5",
    "an acknowledgement of SETTINGS with a payload",
    [frames.frame(frames.FrameType.SETTINGS, frames.ACK, 0, [0])],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.5", "SETTINGS on a stream", [frames.frame(frames.FrameType.SETTINGS, 0, 1)], "connection PROTOCOL_ERROR"],
  [
    "6.5",
    "SETTINGS of a wrong size",
    [frames.frame(frames.FrameType.SETTINGS, 0, 0, [0, 3, 0])],
    "connection FRAME_SIZE_ERROR",
  ],
  ["6.5.2", "ENABLE_PUSH above 1", [frames.settings([frames.Setting.ENABLE_PUSH, 2])], "connection PROTOCOL_ERROR"],
  [
    "6.5.2",
    "INITIAL_WINDOW_SIZE above 2^31-1",
    [frames.settings([frames.Setting.INITIAL_WINDOW_SIZE, 2 ** 31])],
    "connection FLOW_CONTROL_ERROR",
  ],
  [
    "6.5.2",
    "MAX_FRAME_SIZE below 2^14",
    [frames.settings([frames.Setting.MAX_FRAME_SIZE, LARGEST - 1])],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.5.2",
    "MAX_FRAME_SIZE above 2^24-1",
    [frames.settings([frames.Setting.MAX_FRAME_SIZE, 2 ** 24])],
    "connection PROTOCOL_ERROR",
  ],
  ["6.5.2", "unknown settings are ignored", [frames.settings([0x0a0a, 1], [0xff, 2 ** 32 - 1])], "fine"],
  [
    "6.6",
    "PUSH_PROMISE",
    [frames.frame(frames.FrameType.PUSH_PROMISE, frames.END_HEADERS, 1, [...frames.u32(2), ...REQUEST])],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.7",
    "PING on a stream",
    [frames.frame(frames.FrameType.PING, 0, 1, new Uint8Array(8))],
    "connection PROTOCOL_ERROR",
  ],
  ["6.7", "PING of a wrong size", [frames.ping([1, 2, 3, 4, 5, 6, 7])], "connection FRAME_SIZE_ERROR"],
  [
    "6.8",
    "GOAWAY on a stream",
    [frames.frame(frames.FrameType.GOAWAY, 0, 1, [...frames.u32(0), ...frames.u32(0)])],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.8",
    "GOAWAY of a wrong size",
    [frames.frame(frames.FrameType.GOAWAY, 0, 0, frames.u32(0))],
    "connection FRAME_SIZE_ERROR",
  ],
  ["7", "GOAWAY with an unknown code and debug data", [frames.goaway(1, 0xff, [1, 2, 3])], "fine"],
  ["6.9", "WINDOW_UPDATE of 0", [frames.windowUpdate(0, 0)], "connection PROTOCOL_ERROR"],
  ["6.9", "WINDOW_UPDATE of 0 on a stream", [frames.windowUpdate(1, 0)], "stream 1 PROTOCOL_ERROR"],
  [
    "6.9",
    "WINDOW_UPDATE of a wrong size",
    [frames.frame(frames.FrameType.WINDOW_UPDATE, 0, 0, [0, 0, 1])],
    "connection FRAME_SIZE_ERROR",
  ],
  [
    "6.10",
    "CONTINUATION on stream 0",
    [frames.headers(1, REQUEST, 0), frames.continuation(0, [])],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.10",
    "CONTINUATION of another stream",
    [frames.headers(1, REQUEST, 0), frames.continuation(3, [])],
    "connection PROTOCOL_ERROR",
  ],
  ["6.10", "CONTINUATION without HEADERS", [frames.continuation(1, [])], "connection PROTOCOL_ERROR"],
  [
    "6.10",
    "CONTINUATION after the last of a header block",
    [
      frames.headers(1, frames.block("x", "y"), frames.END_STREAM),
      frames.continuation(1, []),
      frames.continuation(1, []),
    ],
    "connection PROTOCOL_ERROR",
  ],
  ["6.10", "CONTINUATION after DATA", [frames.data(1, [1]), frames.continuation(1, [])], "connection PROTOCOL_ERROR"],
  ["6.10", "DATA within a header block", [frames.headers(1, [], 0), frames.data(1, [1])], "connection PROTOCOL_ERROR"],
  [
    "6.10",
    "HEADERS within a header block",
    [frames.headers(1, [], 0), frames.headers(3, REQUEST)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.10",
    "PRIORITY within a header block",
    [frames.headers(1, [], 0), frames.priority(1, 0)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.10",
    "an unknown type within a header block",
    [frames.headers(1, [], 0), frames.frame(UNKNOWN_TYPE, 0, 0)],
    "connection PROTOCOL_ERROR",
  ],
  [
    "6.10",
    "DATA after a CONTINUATION that is not the last",
    [frames.headers(1, [], 0), frames.continuation(1, [], 0), frames.data(1, [1])],
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
    expect(frames.verdict(peer.send(...sent))).toBe(expected);
    // The connection must fail exactly if the verdict says so. After a failure, it must not send anything.
    expect(peer.connection.failure !== undefined).toBe(expected.startsWith("connection"));
    expect(peer.says(frames.ping([9, 9, 9, 9, 9, 9, 9, 9]))).toEqual(
      peer.failure === undefined ? ["PING ACK 9,9,9,9,9,9,9,9"] : [],
    );
  });

  test("section 6.2: HEADERS with padding and priority", () => {
    const peer = create();
    peer.begin(1);
    const trailers = frames.bytes([2], frames.u32(0x80000003), [7], frames.block("x", "y"), [0, 0]);
    peer.send(frames.headers(1, trailers, frames.END_HEADERS | frames.END_STREAM | frames.PADDED | frames.PRIORITY));
    expect(peer.heard.at(-1)).toBe("1 end x,y");
  });

  test("section 6.10: a header block in many frames", () => {
    const peer = create();
    peer.begin(1);
    const pieces = [...frames.block("name", "value")].map((byte) => frames.continuation(1, [byte], 0));
    peer.send(frames.headers(1, [], frames.END_STREAM), ...pieces, frames.continuation(1, []));
    expect(peer.heard.at(-1)).toBe("1 end name,value");
  });

  test("section 6.5.3: every SETTINGS is acknowledged, in order with PING", () => {
    const peer = create();
    expect(
      peer.says(frames.settings(), frames.ping(), frames.settings([frames.Setting.MAX_FRAME_SIZE, 20_000])),
    ).toEqual(["SETTINGS ACK", "PING ACK 1,2,3,4,5,6,7,8", "SETTINGS ACK"]);
  });

  test("section 6.7: an unsolicited PING acknowledgement is ignored", () => {
    expect(create().says(frames.ping([0, 0, 0, 0, 0, 0, 0, 1], frames.ACK))).toEqual([]);
  });

  test("section 6.7: our pings are acknowledged in order", () => {
    const peer = create();
    const acknowledged: number[] = [];
    peer.connection.ping(() => acknowledged.push(1));
    peer.connection.ping(() => acknowledged.push(2));
    const [first, second] = peer.take();
    peer.send(frames.ping(second!.payload, frames.ACK));
    expect(acknowledged).toEqual([]);
    peer.send(
      frames.ping(first!.payload, frames.ACK),
      frames.ping(second!.payload, frames.ACK),
      frames.ping(second!.payload, frames.ACK),
    );
    expect(acknowledged).toEqual([1, 2]);
  });

  test("section 3.4: the first frame is SETTINGS", () => {
    for (const sent of [
      frames.ping(),
      frames.data(1, [1]),
      frames.headers(1, REQUEST),
      frames.frame(frames.FrameType.SETTINGS, frames.ACK, 0),
    ]) {
      const peer = end === "server" ? new TestClient() : new TestServer();
      if (peer instanceof TestServer) peer.takeRaw();
      peer.take();
      expect(frames.verdict(peer.send(...(end === "server" ? [frames.PREFACE] : []), sent))).toBe(
        "connection PROTOCOL_ERROR",
      );
    }
  });
});

describe("server", () => {
  test("section 3.4: a wrong preface at any byte", () => {
    for (let at = 0; at < frames.PREFACE.length; at++) {
      const peer = new TestClient();
      peer.take();
      const wrong = frames.PREFACE.slice();
      wrong[at]! ^= 1;
      expect(frames.verdict(peer.send(wrong, frames.settings()))).toBe("connection PROTOCOL_ERROR");
    }
  });

  test("section 3.4: settings are sent before the client's preface", () => {
    expect(new TestClient().takes()).toEqual(["SETTINGS"]);
  });

  test("section 6.2: a request in HEADERS and CONTINUATION", () => {
    const peer = TestClient.ready();
    peer.send(
      frames.headers(1, REQUEST.subarray(0, 10), frames.END_STREAM),
      frames.continuation(1, REQUEST.subarray(10)),
    );
    expect(peer.heard).toEqual(["1 request ended", "1 end"]);
  });

  test("section 5.3.1 of RFC 7540: HEADERS that depend on their own stream", () => {
    const peer = TestClient.ready();
    const itself = frames.headers(1, [...frames.u32(1), 0, ...REQUEST], frames.END_HEADERS | frames.PRIORITY);
    expect(frames.verdict(peer.send(itself))).toBe("stream 1 PROTOCOL_ERROR");
  });
});

describe("client", () => {
  test("section 3.4: the preface and settings come first", () => {
    const peer = new TestServer();
    const [preface, rest] = [frames.PREFACE, peer.takeRaw()];
    expect(rest.subarray(0, preface.length)).toEqual(preface);
    expect(rest[preface.length + 3]).toBe(frames.FrameType.SETTINGS);
  });

  test("section 6.5.2: a server must not allow itself to push", () => {
    expect(frames.verdict(TestServer.ready().send(frames.settings([frames.Setting.ENABLE_PUSH, 1])))).toBe(
      "connection PROTOCOL_ERROR",
    );
  });

  test("section 8.1: interim responses come before the final one", () => {
    const peer = TestServer.ready();
    peer.request();
    peer.take();
    peer.send(
      frames.headers(1, frames.block(":status", "103", "link", "x")),
      frames.headers(1, frames.block(":status", "100")),
      frames.headers(1, RESPONSE),
    );
    expect(peer.heard).toEqual(["1 head 200"]);
  });
});
