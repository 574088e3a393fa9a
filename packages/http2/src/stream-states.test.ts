/** Tests which frames are accepted in which state of a stream (RFC 9113, section 5.1), on clients and servers. */
import { describe, expect, test } from "vitest";
import {
  block,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  type Frame,
  headers,
  priority,
  rstStream,
  verdict,
  windowUpdate,
} from "../test/frames.ts";
import { close, type Peer, REQUEST, RESPONSE, resetByPeer, resetByUs, TestClient, TestServer } from "../test/peers.ts";

const ENDS: readonly (readonly [string, () => Peer])[] = [
  ["server", () => TestClient.ready()],
  ["client", () => TestServer.ready()],
];

const TRAILERS = headers(1, block("x", "y"), END_HEADERS | END_STREAM);
const FRAMES = {
  DATA: data(1, [1, 2, 3]),
  HEADERS: TRAILERS,
  PRIORITY: priority(1, 0),
  RST_STREAM: rstStream(1, 8),
  WINDOW_UPDATE: windowUpdate(1, 1),
} as const;
type Verdicts = Readonly<Record<keyof typeof FRAMES, string>>;

const STATES: readonly (readonly [state: string, enter: (peer: Peer) => void, verdicts: Verdicts])[] = [
  [
    "open",
    (peer) => peer.begin(1),
    { DATA: "fine", HEADERS: "fine", PRIORITY: "fine", RST_STREAM: "fine", WINDOW_UPDATE: "fine" },
  ],
  [
    "half-closed (remote)",
    (peer) => peer.beginEnded(1),
    {
      DATA: "stream 1 STREAM_CLOSED",
      HEADERS: "stream 1 STREAM_CLOSED",
      PRIORITY: "fine",
      RST_STREAM: "fine",
      WINDOW_UPDATE: "fine",
    },
  ],
  [
    "half-closed (local)",
    (peer) => {
      peer.begin(1);
      peer.finish(1);
    },
    { DATA: "fine", HEADERS: "fine", PRIORITY: "fine", RST_STREAM: "fine", WINDOW_UPDATE: "fine" },
  ],
  [
    "closed by both",
    (peer) => close(peer, 1),
    {
      DATA: "connection STREAM_CLOSED",
      HEADERS: "connection STREAM_CLOSED",
      PRIORITY: "fine",
      RST_STREAM: "fine",
      WINDOW_UPDATE: "fine",
    },
  ],
  [
    "reset by the peer",
    (peer) => resetByPeer(peer, 1),
    {
      DATA: "connection STREAM_CLOSED",
      HEADERS: "connection STREAM_CLOSED",
      PRIORITY: "fine",
      RST_STREAM: "fine",
      WINDOW_UPDATE: "fine",
    },
  ],
  [
    "reset by us, which the peer may not know",
    (peer) => resetByUs(peer, 1),
    { DATA: "fine", HEADERS: "fine", PRIORITY: "fine", RST_STREAM: "fine", WINDOW_UPDATE: "fine" },
  ],
];

describe.each(ENDS)("%s", (_end, create) => {
  describe.each(STATES)("%s", (_state, enter, verdicts) => {
    test.each(Object.entries(FRAMES))("%s", (name, sent) => {
      const peer = create();
      enter(peer);
      expect(verdict(peer.send(sent))).toBe(verdicts[name as keyof Verdicts]);
    });

    test("CONTINUATION", () => {
      const peer = create();
      enter(peer);
      expect(verdict(peer.send(continuation(1, [])))).toBe("connection PROTOCOL_ERROR");
    });
  });

  test.each([
    ["DATA", data(7, [1])],
    ["RST_STREAM", rstStream(7, 8)],
    ["WINDOW_UPDATE", windowUpdate(7, 1)],
    ["CONTINUATION", continuation(7, [])],
  ])("idle: %s", (_name, sent) => {
    const peer = create();
    peer.begin(1);
    expect(verdict(peer.send(sent))).toBe("connection PROTOCOL_ERROR");
  });

  test.each([
    ["DATA", data(2, [1])],
    ["HEADERS", headers(2, REQUEST)],
    ["RST_STREAM", rstStream(2, 8)],
    ["WINDOW_UPDATE", windowUpdate(2, 1)],
  ])("streams of servers are idle for ever: %s", (_name, sent) => {
    const peer = create();
    peer.begin(3);
    expect(verdict(peer.send(sent))).toBe("connection PROTOCOL_ERROR");
  });

  test("idle: PRIORITY is ignored and begins nothing", () => {
    const peer = create();
    expect(verdict(peer.send(priority(9, 0), priority(2, 0)))).toBe("fine");
    peer.begin(1);
    expect(peer.connection.openStreams).toBe(1);
  });

  test("a stream ends in both orders", () => {
    for (const nearFirst of [true, false]) {
      const peer = create();
      peer.begin(1);
      if (nearFirst) peer.finish(1);
      peer.send(data(1, [7], END_STREAM));
      if (!nearFirst) peer.finish(1);
      expect(peer.heard.slice(-2)).toEqual(["1 end", "1 closed"]);
      expect(peer.connection.openStreams).toBe(0);
    }
  });

  test("a reset by the peer names its code", () => {
    const peer = create();
    peer.begin(1);
    peer.send(rstStream(1, 0xb));
    expect(peer.heard.at(-1)).toBe("1 closed ENHANCE_YOUR_CALM by peer");
  });

  test("nothing is sent on a stream that is over", () => {
    const peer = create();
    peer.begin(1);
    const stream = peer.streams.get(1)!;
    stream.reset(2);
    expect(peer.takes()).toEqual(["RST_STREAM 1 INTERNAL_ERROR"]);
    stream.respond([":status", "200"]);
    stream.write(Uint8Array.of(1));
    stream.end();
    stream.reset();
    stream.consume(1);
    expect(peer.takes()).toEqual([]);
    expect(peer.heard.filter((line) => line.includes("closed"))).toEqual(["1 closed INTERNAL_ERROR"]);
  });

  test("a stream that was closed long ago is forgotten, and its late frames are ignored", () => {
    const peer = create();
    resetByUs(peer, 1);
    for (let id = 3; id < 3 + 2 * 300; id += 2) close(peer, id);
    expect(verdict(peer.send(data(1, [1]), windowUpdate(1, 1), rstStream(1, 8)))).toBe("fine");
  });
});

describe("server", () => {
  test("section 5.1.1: HEADERS below a stream that has begun", () => {
    const peer = TestClient.ready();
    peer.begin(5);
    expect(verdict(peer.send(headers(3, REQUEST)))).toBe("connection PROTOCOL_ERROR");
  });

  test("section 5.1.1: PRIORITY for a high stream does not begin it", () => {
    const peer = TestClient.ready();
    peer.send(priority(9, 0), headers(1, REQUEST));
    expect(peer.heard).toEqual(["1 request"]);
  });

  test("section 5.1.1: the highest stream there is", () => {
    const peer = TestClient.ready();
    peer.beginEnded(2 ** 31 - 1);
    peer.connection.finish();
    peer.finish(2 ** 31 - 1);
    expect(peer.connection.isOver).toBe(true);
  });

  test("section 5.1.2: more streams than were allowed are refused, and those that run go on", () => {
    const peer = TestClient.ready({ maxConcurrentStreams: 2 });
    const frames: Frame[] = peer.send(headers(1, REQUEST), headers(3, REQUEST), headers(5, REQUEST), data(5, [1]));
    expect(verdict(frames)).toBe("stream 5 REFUSED_STREAM");
    expect(peer.heard).toEqual(["1 request", "3 request", "refused REFUSED_STREAM"]);
    peer.send(data(1, [1], END_STREAM));
    peer.finish(1);
    peer.send(headers(7, REQUEST));
    expect(peer.heard.at(-1)).toBe("7 request");
  });

  test("section 8.1: a response before the request has ended", () => {
    const peer = TestClient.ready();
    peer.begin(1);
    peer.finish(1);
    expect(peer.connection.openStreams).toBe(1);
    expect(peer.says(data(1, [1, 2, 3]), TRAILERS)).toEqual([]);
    expect(peer.heard).toEqual(["1 request", "1 end x,y", "1 closed"]);
  });
});

describe("client", () => {
  test("section 8.1: DATA before the head of the response", () => {
    const peer = TestServer.ready();
    peer.request();
    peer.take();
    expect(verdict(peer.send(data(1, [1])))).toBe("stream 1 PROTOCOL_ERROR");
  });

  test("a response without a body", () => {
    const peer = TestServer.ready();
    peer.request(undefined, true);
    peer.send(headers(1, RESPONSE, END_HEADERS | END_STREAM));
    expect(peer.heard).toEqual(["1 head 200", "1 end", "1 closed"]);
  });

  test("requests have odd numbers in order", () => {
    const peer = TestServer.ready();
    expect([peer.request().id, peer.request().id, peer.request().id]).toEqual([1, 3, 5]);
  });
});
