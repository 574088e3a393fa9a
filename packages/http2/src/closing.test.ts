/**
 * Tests how connections end: gracefully by either side (RFC 9113, section 6.8), by an error, or because the socket
 * closed.
 */
import { describe, expect, test } from "vitest";
import * as frames from "../test/frames.ts";
import { close, REQUEST, RESPONSE, resetByPeer, TestClient, TestServer } from "../test/peers.ts";

const MOST = 2 ** 31 - 1;

describe("a server that shuts down", () => {
  test("serves what was on its way, then what runs, and is over", () => {
    const peer = TestClient.ready();
    peer.begin(1);
    peer.connection.shutdown();
    const [early, asked] = peer.take();
    expect(frames.verdict([early!])).toBe("connection NO_ERROR");
    expect([...early!.payload.subarray(0, 4)]).toEqual([0x7f, 0xff, 0xff, 0xff]);
    peer.send(frames.headers(3, REQUEST, frames.END_HEADERS | frames.END_STREAM));
    expect(peer.says(frames.ping(asked!.payload, frames.ACK))).toEqual(["GOAWAY 3 NO_ERROR"]);
    // The request is not served. The client may not know yet that the server is shutting down, and can repeat it on
    // another connection.
    expect(
      peer.says(
        frames.headers(5, REQUEST),
        frames.data(5, [1]),
        frames.headers(5, [], frames.END_HEADERS | frames.END_STREAM),
      ),
    ).toEqual([]);
    expect(peer.heard).toEqual(["1 request", "3 request ended", "3 end"]);
    peer.finish(3);
    expect(peer.connection.isOver).toBe(false);
    peer.send(frames.data(1, [], frames.END_STREAM));
    peer.finish(1);
    expect([peer.connection.isOver, peer.connection.failure]).toEqual([true, undefined]);
  });

  test("does not wait for a client that does not respond", () => {
    const peer = TestClient.ready();
    peer.begin(1);
    peer.connection.shutdown();
    peer.connection.finish();
    peer.connection.finish();
    expect(peer.takes()).toEqual([`GOAWAY ${MOST} NO_ERROR`, "PING", "GOAWAY 1 NO_ERROR"]);
    resetByPeer(peer, 1);
    expect(peer.connection.isOver).toBe(true);
  });

  test("ends at the second call", () => {
    const peer = TestClient.ready();
    peer.connection.shutdown();
    peer.connection.shutdown();
    expect([peer.takes().at(-1), peer.connection.isOver]).toEqual(["GOAWAY 0 NO_ERROR", true]);
  });

  test("announces the shutdown although the client has sent GOAWAY", () => {
    const peer = TestClient.ready();
    peer.send(frames.goaway(0, 0));
    expect(peer.connection.isClosing).toBe(false);
    peer.connection.shutdown();
    expect(peer.connection.isClosing).toBe(true);
    expect(peer.takes()).toEqual([`GOAWAY ${MOST} NO_ERROR`, "PING"]);
  });

  test("never names a higher stream than before", () => {
    const peer = TestClient.ready();
    peer.begin(1);
    peer.connection.shutdown();
    peer.connection.finish();
    peer.take();
    expect(peer.says(frames.headers(3, REQUEST), frames.ping([1]))).toEqual(["GOAWAY 1 FRAME_SIZE_ERROR"]);
  });
});

describe("a client", () => {
  test("begins nothing after the server's goodbye, and is over when its streams are", () => {
    const peer = TestServer.ready();
    peer.begin(1);
    peer.send(frames.goaway(MOST, 0));
    expect([peer.connection.mayRequest, peer.connection.isOver]).toEqual([false, false]);
    expect(() => peer.request()).toThrow("no request may begin");
    peer.send(frames.data(1, [], frames.END_STREAM));
    peer.finish(1);
    expect(peer.connection.isOver).toBe(true);
  });

  test("hears which requests were not begun", () => {
    const peer = TestServer.ready();
    for (let n = 0; n < 3; n++) peer.request();
    peer.take();
    expect(peer.says(frames.goaway(3, frames.ErrorCode.ENHANCE_YOUR_CALM))).toEqual([]);
    expect(peer.heard).toEqual(["goaway ENHANCE_YOUR_CALM 3", "5 closed REFUSED_STREAM by peer"]);
    peer.send(frames.goaway(1, 0));
    expect(peer.heard.at(-1)).toBe("3 closed REFUSED_STREAM by peer");
    peer.send(frames.headers(1, RESPONSE, frames.END_HEADERS | frames.END_STREAM));
    expect(peer.heard.at(-1)).toBe("1 end");
  });

  test("says goodbye and waits for its responses", () => {
    const peer = TestServer.ready();
    peer.begin(1);
    peer.connection.shutdown();
    peer.connection.shutdown();
    expect(peer.takes()).toEqual(["GOAWAY 0 NO_ERROR"]);
    expect([peer.connection.mayRequest, peer.connection.isOver]).toEqual([false, false]);
    peer.send(frames.data(1, [1], frames.END_STREAM));
    peer.finish(1);
    expect(peer.connection.isOver).toBe(true);
  });

  test("keeps to its own limit of streams until the server has announced one", () => {
    const peer = new TestServer({ maxConcurrentStreams: 3 });
    expect(fill(peer)).toBe(3);
    peer.takeRaw();
    peer.send(frames.settings([3, 2]), frames.settingsAck());
    expect(peer.connection.mayRequest).toBe(false);
    for (const id of [1, 3]) close(peer, id);
    expect(fill(peer)).toBe(1);
    peer.send(frames.settings([3, 7]));
    expect(fill(peer)).toBe(5);
    peer.send(frames.settings([3, 0]));
    expect(peer.connection.mayRequest).toBe(false);
  });

  test("has no limit of streams if the server announces none", () => {
    const peer = TestServer.ready({ maxConcurrentStreams: 3 });
    for (let count = 0; count < 200; count++) peer.request();
    expect(peer.connection.mayRequest).toBe(true);
  });

  test("shuts down after the last stream number", () => {
    const peer = TestServer.ready();
    const { streams } = peer.connection as unknown as { readonly streams: { highest: number } };
    streams.highest = 2 ** 31 - 3;
    const { id } = peer.request();
    expect([id, peer.connection.mayRequest, peer.connection.isClosing]).toEqual([2 ** 31 - 1, false, true]);
    expect(peer.takes()).toEqual([`HEADERS ${id}`, "GOAWAY 0 NO_ERROR"]);
  });

  function fill(peer: TestServer): number {
    let count = 0;
    for (; peer.connection.mayRequest; count++) peer.request();
    return count;
  }
});

describe.each([
  ["server", () => TestClient.ready()],
  ["client", () => TestServer.ready()],
] as const)("a %s whose connection ends", (end, create) => {
  test("by an error: the peer is told, streams are closed, and nothing follows", () => {
    const peer = create();
    peer.begin(1);
    peer.connection.abort(frames.ErrorCode.ENHANCE_YOUR_CALM, "too much");
    expect(peer.failure).toBe("ENHANCE_YOUR_CALM");
    expect(peer.heard.at(-1)).toBe("1 closed ENHANCE_YOUR_CALM");
    peer.connection.ping(() => {});
    peer.connection.widen(1_000_000, 1_000_000);
    peer.connection.shutdown();
    peer.connection.abort(frames.ErrorCode.NO_ERROR, "again");
    expect(peer.takes()).toEqual([`GOAWAY ${end === "server" ? 1 : 0} ENHANCE_YOUR_CALM`]);
    expect(peer.says(frames.ping())).toEqual([]);
    expect(peer.connection.isOver).toBe(true);
  });

  test("with the socket", () => {
    const peer = create();
    peer.begin(1);
    peer.connection.disconnected();
    peer.connection.disconnected();
    expect([peer.heard.at(-1), peer.connection.openStreams]).toEqual(["1 closed CANCEL", 0]);
    expect([peer.connection.isOver, peer.takes()]).toEqual([true, []]);
  });
});
