/** Tests each limit of limits.ts with the attack that it stops. */
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
  integer,
  PADDED,
  ping,
  priority,
  rstStream,
  settings,
  settingsAck,
  string,
  verdict,
  windowUpdate,
} from "../test/frames.ts";
import { close, type Peer, REQUEST, RESPONSE_FIELDS, TestClient, TestServer } from "../test/peers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const ENDED = END_HEADERS | END_STREAM;
const CALM = "connection ENHANCE_YOUR_CALM";
const BUDGET = { most: 50, perSecond: 10, perStream: 5, perKibibyte: 1, resetCost: 1 };

/**
 * Sends the frames that `one` returns, again and again, until the connection fails. Returns how many times they were
 * accepted.
 */
function flood(peer: Peer, one: (n: number) => readonly Uint8Array[], most = 10_000): number {
  for (let n = 0; n < most; n++) {
    peer.connection.receive(bytes(...one(n)), peer.now);
    if (peer.failure !== undefined) return n;
    peer.connection.take();
  }
  return most;
}

const id = (n: number): number => 2 * n + 3;
const START = block(":method", "POST", ":scheme", "http", ":path", "/a/b");

/** Frames that each cost one point of the peer's budget (`Budget` in limits.ts). Stream 1 of the connection is open. */
const FLOODS: readonly (readonly [title: string, frames: (n: number) => readonly Uint8Array[]])[] = [
  ["PING (CVE-2019-9512)", () => [ping()]],
  ["acknowledgements of PING", () => [ping(new Uint8Array(8), ACK)]],
  ["SETTINGS (CVE-2019-9515)", () => [settings()]],
  ["acknowledgements of SETTINGS", () => [settingsAck()]],
  ["PRIORITY (CVE-2019-9513)", () => [priority(1, 3)]],
  ["WINDOW_UPDATE", () => [windowUpdate(0, 1)]],
  ["WINDOW_UPDATE on a stream (CVE-2019-9517)", () => [windowUpdate(1, 1)]],
  ["empty DATA (CVE-2019-9518)", () => [data(1, [])]],
  ["DATA of one byte", () => [data(1, [1])]],
  ["DATA that is all padding", () => [data(1, [255, ...new Uint8Array(255)], PADDED)]],
  ["unknown types", () => [frame(0xbe, 0, 0)]],
  ["GOAWAY", () => [goaway(2 ** 31 - 1, 0)]],
];

describe.each([
  ["server", () => TestClient.ready({ budget: BUDGET })],
  ["client", () => TestServer.ready({ budget: BUDGET })],
] as const)("a %s ends floods of", (_end, create) => {
  test.each(FLOODS)("%s", (_title, frames) => {
    const peer = create();
    peer.begin(1);
    expect(flood(peer, frames)).toBeLessThanOrEqual(BUDGET.most);
    expect(peer.failure).toBe("ENHANCE_YOUR_CALM");
    expect(peer.heard.at(-1)).toBe("1 closed ENHANCE_YOUR_CALM");
  });
});

describe("a server ends floods of", () => {
  const floods: readonly (readonly [title: string, frames: (n: number) => readonly Uint8Array[]])[] = [
    ["requests that are reset at once (CVE-2023-44487)", (n) => [headers(id(n), REQUEST), rstStream(id(n), 8)]],
    [
      "requests that make us reset them by a window (CVE-2025-8671)",
      (n) => [headers(id(n), REQUEST), windowUpdate(id(n), 0)],
    ],
    ["requests that make us reset them by DATA", (n) => [headers(id(n), REQUEST, ENDED), data(id(n), [1])]],
    ["requests that make us reset them by HEADERS", (n) => [headers(id(n), REQUEST, ENDED), headers(id(n), [], ENDED)]],
    [
      "requests that make us reset them by their length",
      (n) => [headers(id(n), bytes(REQUEST, block("content-length", "1"))), data(id(n), [1, 2])],
    ],
    ["malformed requests", (n) => [headers(id(n), block("x", "y"), ENDED)]],
    ["requests with empty names (CVE-2019-9516)", (n) => [headers(id(n), bytes(START, block("", "")), ENDED)]],
  ];

  test.each(floods)("%s", (_title, frames) => {
    const peer = TestClient.ready({ budget: BUDGET });
    expect(flood(peer, frames)).toBeLessThanOrEqual(BUDGET.most);
    expect([peer.failure, peer.connection.openStreams]).toEqual(["ENHANCE_YOUR_CALM", 0]);
  });

  test("requests beyond maxConcurrentStreams", () => {
    const peer = TestClient.ready({ budget: BUDGET, maxConcurrentStreams: 5 });
    expect(flood(peer, (n) => [headers(id(n), REQUEST)])).toBe(5 + BUDGET.most);
  });

  test("requests and data after the last goodbye", () => {
    for (const after of [headers, (stream: number) => data(stream - 2, new Uint8Array(1000))] as const) {
      const peer = TestClient.ready({ budget: BUDGET });
      peer.connection.finish();
      peer.send(headers(1, REQUEST));
      expect(flood(peer, (n) => [after(id(after === headers ? n : 0), REQUEST)])).toBeLessThanOrEqual(BUDGET.most);
    }
  });

  test("DATA for a stream that we have reset, beyond what can have been on its way", () => {
    const peer = TestClient.ready({ budget: BUDGET, streamWindowBytes: 100_000 });
    peer.begin(1);
    peer.send(data(1, new Uint8Array(10_000)));
    peer.consumes = false;
    peer.streams.get(1)!.reset();
    const inFlight = Math.floor(90_000 / 1000);
    expect(flood(peer, () => [data(1, new Uint8Array(1000))])).toBe(inFlight + BUDGET.most);
  });

  test("DATA for a stream that was refused, beyond what can have been on its way", () => {
    const peer = TestClient.ready({ budget: BUDGET, maxConcurrentStreams: 0 });
    expect(verdict(peer.send(headers(1, REQUEST)))).toBe("stream 1 REFUSED_STREAM");
    const inFlight = Math.floor(DEFAULT_LIMITS.streamWindowBytes / 1000);
    expect(flood(peer, () => [data(1, new Uint8Array(1000))])).toBe(inFlight + BUDGET.most - 1);
  });

  test("tiny DATA for a stream that we have reset, although it can have been on its way", () => {
    const peer = TestClient.ready({ budget: BUDGET });
    peer.begin(1);
    peer.streams.get(1)!.reset();
    expect(flood(peer, () => [data(1, [1])])).toBe(BUDGET.most);
  });
});

describe("a client ends floods of", () => {
  test("interim responses", () => {
    const peer = TestServer.ready({ budget: BUDGET });
    peer.request();
    expect(flood(peer, () => [headers(1, block(":status", "103"))])).toBe(BUDGET.most);
  });

  test("HEADERS for a stream that we have reset", () => {
    const peer = TestServer.ready({ budget: BUDGET });
    peer.begin(1);
    peer.streams.get(1)!.reset();
    expect(flood(peer, () => [headers(1, [])])).toBe(BUDGET.most);
  });
});

describe("the budget", () => {
  test("is earned by streams that complete", () => {
    const peer = TestClient.ready({ budget: BUDGET });
    for (let n = 0; n < 1000; n++) {
      close(peer, id(n));
      peer.send(ping(), windowUpdate(0, 1), windowUpdate(id(n), 1), settings());
    }
    expect(peer.failure).toBeUndefined();
  });

  test("can leave resets to the owner, but not frames for streams that are over", () => {
    const peer = TestClient.ready({ budget: { ...BUDGET, resetCost: 0 } });
    expect(flood(peer, (n) => [headers(id(n), REQUEST), rstStream(id(n), 8)], 1000)).toBe(1000);
    expect(flood(peer, () => [rstStream(3, 8)])).toBe(BUDGET.most);
  });

  test("is earned by data, in both directions", () => {
    for (const sends of [true, false]) {
      const peer = TestClient.ready({ budget: BUDGET }, [4, 2 ** 31 - 1]);
      peer.begin(1);
      peer.streams.get(1)!.respond(RESPONSE_FIELDS);
      for (let n = 0; n < 500; n++) {
        if (sends) peer.streams.get(1)!.write(new Uint8Array(1024));
        peer.send(...(sends ? [] : [data(1, new Uint8Array(1024))]), windowUpdate(0, 1024));
      }
      expect(peer.failure).toBeUndefined();
    }
  });

  test("is earned by time, up to its size, and never lost by a clock that goes back", () => {
    const peer = TestClient.ready({ budget: BUDGET });
    for (let second = 1; second < 100; second++) {
      peer.now = second * 1000;
      peer.send(...Array(10).fill(ping()));
    }
    expect(peer.failure).toBeUndefined();
    peer.now = 1e9;
    peer.send(ping());
    peer.now = 0;
    expect(flood(peer, () => [ping()])).toBe(BUDGET.most - 1);
  });
});

describe("header blocks", () => {
  const limits = { maxHeaderBlockBytes: 1000, maxContinuations: 4, maxHeaderListBytes: 500, maxHeaderFields: 10 };

  test("of many bytes, before anything is decoded (CVE-2024-27316)", () => {
    const pieces = [headers(1, new Uint8Array(400), 0), continuation(1, new Uint8Array(400), 0)];
    expect(verdict(TestClient.ready(limits).send(...pieces, continuation(1, new Uint8Array(200), 0)))).toBe("fine");
    expect(verdict(TestClient.ready(limits).send(...pieces, continuation(1, new Uint8Array(201), 0)))).toBe(CALM);
    expect(verdict(TestClient.ready(limits).send(headers(1, new Uint8Array(1001))))).toBe(CALM);
  });

  test("of many empty frames", () => {
    const empty = (count: number) => Array<Uint8Array>(count).fill(continuation(1, [], 0));
    expect(verdict(TestClient.ready(limits).send(headers(1, [], 0), ...empty(4)))).toBe("fine");
    expect(verdict(TestClient.ready(limits).send(headers(1, [], 0), ...empty(5)))).toBe(CALM);
  });

  test("that decode to a large list are handed over as too large, with what fits", () => {
    const peer = TestClient.ready(limits);
    // This is an HPACK bomb: one table entry of 232 bytes and many references to it.
    const bomb = bytes(START, [0x40], string("x"), string("y".repeat(199)), new Uint8Array(100).fill(0x80 | 62));
    expect(verdict(peer.send(headers(1, bomb)))).toBe("fine");
    expect(peer.heard).toEqual(["1 request too large"]);
    expect(peer.heads.get(1)?.fields).toHaveLength(2);
    // The server's table is still the same as the client's.
    peer.send(headers(3, bytes(START, [0x80 | 62])));
    expect(peer.heads.get(3)?.fields[0]).toBe("x");
  });

  test("of many fields", () => {
    const peer = TestClient.ready({ ...limits, maxHeaderListBytes: 100_000 });
    peer.send(headers(1, bytes(START, ...Array(7).fill(block("a", "b")))));
    peer.send(headers(3, bytes(START, ...Array(8).fill(block("a", "b")))));
    expect(peer.heard).toEqual(["1 request", "3 request too large"]);
  });

  test("of trailers and responses that are too large", () => {
    const large = block("x", "y".repeat(500));
    const peer = TestClient.ready(limits);
    peer.begin(1);
    expect(verdict(peer.send(headers(1, large, ENDED)))).toBe("stream 1 PROTOCOL_ERROR");
    const client = TestServer.ready(limits);
    client.request();
    client.take();
    expect(verdict(client.send(headers(1, bytes(block(":status", "200"), large))))).toBe("stream 1 PROTOCOL_ERROR");
  });

  test("with a table larger than announced", () => {
    const resize = (size: number) => bytes(integer(size, 0x1f, 0x20), REQUEST);
    expect(verdict(TestClient.ready({ headerTableBytes: 100 }).send(headers(1, resize(101))))).toBe(
      "connection COMPRESSION_ERROR",
    );
    expect(verdict(TestClient.ready({ headerTableBytes: 100 }).send(headers(1, resize(100))))).toBe("fine");
    expect(verdict(TestClient.ready({ headerTableBytes: 8000 }).send(headers(1, resize(8000))))).toBe("fine");
  });

  test("that keep the default table after a smaller one was acknowledged", () => {
    const peer = TestClient.ready({ headerTableBytes: 100 });
    expect(verdict(peer.send(headers(1, REQUEST)))).toBe("connection COMPRESSION_ERROR");
  });
});

describe("output that the peer does not read", () => {
  /** Like `flood`, but does not read the frames that the connection sends back. */
  function floodUnread(peer: Peer, one: (n: number) => readonly Uint8Array[]): number {
    let most = 0;
    for (let n = 0; n < 200_000 && peer.failure === undefined; n++) {
      peer.now += 1000;
      peer.connection.receive(bytes(...one(n)), peer.now);
      most = Math.max(most, peer.connection.outputBytes);
    }
    return most;
  }
  const frugal = { maxOutputBytes: 5000, maxUnreadBytes: 20_000 };

  const floods: readonly (readonly [title: string, frames: (n: number) => readonly Uint8Array[]])[] = [
    ["acknowledgements of PING, however slowly", () => [ping()]],
    ["acknowledgements of SETTINGS", () => [settings()]],
    ["resets of malformed requests", (n) => [headers(id(n), block("x", "y"), ENDED)]],
    ["responses without a body", (n) => [headers(id(n), REQUEST, ENDED)]],
  ];

  test.each(floods)("%s", (_title, frames) => {
    const peer = TestClient.ready(frugal);
    peer.onRequest = (stream) => stream.respond([":status", "200", "grpc-status", "16"], true);
    expect(floodUnread(peer, frames)).toBeLessThan(frugal.maxUnreadBytes + 200);
    expect(peer.failure).toBe("ENHANCE_YOUR_CALM");
    expect(peer.connection.outputBytes).toBeLessThan(frugal.maxUnreadBytes + 200);
  });

  test("bodies wait in their streams, of which there are few", () => {
    const peer = TestClient.ready(frugal, [4, 2 ** 31 - 1]);
    peer.send(windowUpdate(0, 2 ** 31 - 1 - 65_535));
    peer.onRequest = (stream) => {
      stream.respond(RESPONSE_FIELDS);
      stream.end(new Uint8Array(100_000));
    };
    expect(floodUnread(peer, (n) => [headers(id(n), REQUEST, ENDED)])).toBeLessThan(frugal.maxUnreadBytes + 16_384);
    expect(peer.connection.openStreams).toBeLessThanOrEqual(DEFAULT_LIMITS.maxConcurrentStreams);
  });
});

test("a frame that comes byte by byte is held, and no more than that", () => {
  const peer = TestClient.ready();
  peer.begin(1);
  const large = frame(FrameType.GOAWAY, 0, 0, bytes(new Uint8Array(16_384)));
  for (const byte of large) peer.connection.receive(Uint8Array.of(byte), 0);
  expect([peer.failure, peer.heard.at(-1)]).toEqual([undefined, "goaway NO_ERROR 0"]);
});
