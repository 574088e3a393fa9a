/** Tests the flow-control windows in both directions (RFC 9113, sections 5.2 and 6.9), on clients and servers. */
import { describe, expect, test } from "vitest";
import { data, END_STREAM, PADDED, Setting, settings, settingsAck, verdict, windowUpdate } from "../test/frames.ts";
import { type Peer, TestClient, TestServer } from "../test/peers.ts";
import type { Limits } from "./limits.ts";
import type { Stream } from "./stream.ts";

type Pair = readonly [number, number];
const ENDS: readonly (readonly [string, (limits?: Partial<Limits>, ...theirs: Pair[]) => Peer])[] = [
  ["server", (limits, ...theirs) => TestClient.ready(limits, ...theirs)],
  ["client", (limits, ...theirs) => TestServer.ready(limits, ...theirs)],
];
const WINDOW = 65_535;
const MOST = 2 ** 31 - 1;
const [SMALL, FRAME] = [new Uint8Array(1), new Uint8Array(16_384)];

describe.each(ENDS)("%s sends", (_end, create) => {
  const ready = (window: number): [Peer, Stream] => {
    const peer = create({}, [Setting.INITIAL_WINDOW_SIZE, window]);
    peer.begin(1);
    const stream = peer.streams.get(1)!;
    if (peer instanceof TestClient) stream.respond([":status", "200"]);
    peer.take();
    return [peer, stream];
  };

  test("no more than the window of the stream", () => {
    const [peer, stream] = ready(1);
    stream.end(Uint8Array.of(1, 2, 3));
    expect(peer.takes()).toEqual(["DATA 1 1 bytes"]);
    expect(peer.says(windowUpdate(1, 1))).toEqual(["DATA 1 1 bytes"]);
    expect(stream.waitingBytes).toBe(1);
    expect(peer.says(windowUpdate(1, 100))).toEqual(["DATA 1 1 bytes END"]);
  });

  test("no more than the window of the connection", () => {
    const [peer, stream] = ready(MOST);
    stream.write(new Uint8Array(70_000));
    expect(peer.takes()).toEqual([...Array(3).fill("DATA 1 16384 bytes"), "DATA 1 16383 bytes"]);
    expect(peer.says(windowUpdate(1, 1))).toEqual([]);
  });

  test("the last byte of a window with the last byte of the body", () => {
    const [peer, stream] = ready(3);
    stream.end(Uint8Array.of(1, 2, 3));
    expect(peer.takes()).toEqual(["DATA 1 3 bytes END"]);
  });

  test("trailers and empty DATA need no window", () => {
    for (const trailers of [["x", "y"], undefined]) {
      const [peer, stream] = ready(0);
      stream.end(undefined, trailers);
      expect(peer.takes()).toEqual([trailers === undefined ? "DATA 1 0 bytes END" : "HEADERS 1 END"]);
    }
  });

  test("trailers after all data", () => {
    const [peer, stream] = ready(2);
    stream.end(Uint8Array.of(1, 2, 3), ["x", "y"]);
    expect(peer.takes()).toEqual(["DATA 1 2 bytes"]);
    expect(peer.says(windowUpdate(1, 1))).toEqual(["DATA 1 1 bytes", "HEADERS 1 END"]);
  });

  test("section 6.9.2: a window that settings make negative", () => {
    const [peer, stream] = ready(5);
    stream.write(new Uint8Array(5));
    peer.take();
    stream.write(new Uint8Array(2));
    expect(peer.says(settings([Setting.INITIAL_WINDOW_SIZE, 2]))).toEqual(["SETTINGS ACK"]);
    // The window has 3 bytes less than zero now, so 3 more bytes do not allow any data.
    expect(peer.says(windowUpdate(1, 3))).toEqual([]);
    expect(peer.says(windowUpdate(1, 1))).toEqual(["DATA 1 1 bytes"]);
    expect(peer.says(settings([Setting.INITIAL_WINDOW_SIZE, 3]))).toEqual(["SETTINGS ACK", "DATA 1 1 bytes"]);
  });

  test("section 6.5.3: the last of several values holds", () => {
    const [peer, stream] = ready(0);
    stream.write(new Uint8Array(5));
    const twice = settings([Setting.INITIAL_WINDOW_SIZE, 100], [Setting.INITIAL_WINDOW_SIZE, 1]);
    expect(peer.says(twice)).toEqual(["SETTINGS ACK", "DATA 1 1 bytes"]);
  });

  test("section 6.9.1: windows above 2^31-1", () => {
    const [peer] = ready(WINDOW);
    expect(verdict(peer.send(windowUpdate(1, MOST - WINDOW)))).toBe("fine");
    expect(verdict(peer.send(windowUpdate(1, 1)))).toBe("stream 1 FLOW_CONTROL_ERROR");
    expect(verdict(peer.send(windowUpdate(0, MOST - WINDOW)))).toBe("fine");
    expect(verdict(peer.send(windowUpdate(0, 1)))).toBe("connection FLOW_CONTROL_ERROR");
  });

  test("section 6.9.2: settings that bring a window above 2^31-1", () => {
    const [peer] = ready(WINDOW);
    const frames = peer.send(windowUpdate(1, MOST - WINDOW), settings([Setting.INITIAL_WINDOW_SIZE, WINDOW + 1]));
    expect(verdict(frames)).toBe("connection FLOW_CONTROL_ERROR");
  });

  test("settings do not change the connection's window", () => {
    const [peer, stream] = ready(WINDOW);
    stream.write(new Uint8Array(WINDOW));
    peer.take();
    stream.write(SMALL);
    expect(peer.says(settings([Setting.INITIAL_WINDOW_SIZE, MOST]))).toEqual(["SETTINGS ACK"]);
    expect(peer.says(windowUpdate(0, 1))).toEqual(["DATA 1 1 bytes"]);
  });

  test("frames as large as allowed, up to 64 KiB", () => {
    const [peer, stream] = ready(MOST);
    peer.send(windowUpdate(0, MOST - WINDOW), settings([Setting.MAX_FRAME_SIZE, 2 ** 24 - 1]));
    stream.write(new Uint8Array(100_000));
    expect(peer.takes()).toEqual(["DATA 1 65536 bytes", "DATA 1 34464 bytes"]);
  });

  test("streams that wait take turns", () => {
    const peer = create({}, [Setting.INITIAL_WINDOW_SIZE, MOST]);
    for (const id of [1, 3]) peer.begin(id);
    for (const id of [1, 3]) {
      if (peer instanceof TestClient) peer.streams.get(id)!.respond([":status", "200"]);
      peer.streams.get(id)!.write(new Uint8Array(100_000));
    }
    peer.take();
    expect(peer.says(windowUpdate(0, 3 * 16_384)).sort()).toEqual(
      ["DATA 1 16384 bytes", "DATA 1 16384 bytes", "DATA 3 16384 bytes"].sort(),
    );
  });

  test("all of a large body, as the socket takes it", () => {
    const [peer, stream] = ready(MOST);
    peer.send(windowUpdate(0, MOST - WINDOW));
    const outputs = peer.outputs;
    stream.end(new Uint8Array(1_000_000));
    let largest = 0;
    let bytes = 0;
    for (let chunks = peer.connection.take(); chunks.length > 0; chunks = peer.connection.take()) {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      largest = Math.max(largest, length);
      bytes += length;
    }
    expect(bytes).toBe(1_000_000 + 9 * Math.ceil(1_000_000 / 16_384));
    // The output may exceed the limit by at most one frame.
    expect(largest).toBeLessThan(256 * 1024 + 16_384 + 9);
    expect(peer.outputs).toBe(outputs + 1);
    expect(peer.heard.at(-1)).toBe("1 drained");
  });

  test("no bytes of a stream that was reset", () => {
    const [peer, stream] = ready(0);
    stream.end(new Uint8Array(10), ["x", "y"]);
    stream.reset();
    expect(peer.says(windowUpdate(1, 100))).toEqual(["RST_STREAM 1 CANCEL"]);
  });
});

describe.each(ENDS)("%s receives", (_end, create) => {
  const opened = (limits: Partial<Limits> = {}): Peer => {
    const peer = create(limits);
    peer.begin(1);
    peer.take();
    return peer;
  };
  const full = (id: number) => [...Array(3).fill(data(id, FRAME)), data(id, FRAME.subarray(1))];

  test("windows are returned by halves, and only for what was consumed", () => {
    const peer = opened();
    peer.consumes = false;
    expect(peer.says(data(1, FRAME), data(1, FRAME))).toEqual([]);
    const stream = peer.streams.get(1)!;
    stream.consume(32_767);
    expect(peer.takes()).toEqual([]);
    stream.consume(1);
    expect(peer.takes()).toEqual(["WINDOW_UPDATE 0 32768", "WINDOW_UPDATE 1 32768"]);
    // All data has been consumed already, so this must have no effect.
    stream.consume(100_000);
    expect(peer.takes()).toEqual([]);
  });

  test("more than the window of a stream", () => {
    const peer = opened({ connectionWindowBytes: 2 * WINDOW });
    peer.consumes = false;
    expect(verdict(peer.send(...full(1)))).toBe("fine");
    expect(verdict(peer.send(data(1, SMALL)))).toBe("stream 1 FLOW_CONTROL_ERROR");
  });

  test("more than the window of the connection", () => {
    const peer = opened({ streamWindowBytes: 2 * WINDOW });
    peer.consumes = false;
    expect(verdict(peer.send(...full(1)))).toBe("fine");
    expect(verdict(peer.send(data(1, SMALL)))).toBe("connection FLOW_CONTROL_ERROR");
  });

  test("padding counts, and is returned at once", () => {
    const peer = opened();
    peer.consumes = false;
    const padded = data(1, [255, ...new Uint8Array(16_383)], PADDED);
    expect(peer.says(padded, padded)).toEqual([]);
    peer.streams.get(1)!.consume(2 * (16_384 - 256));
    expect(peer.takes()).toEqual(["WINDOW_UPDATE 0 32768", "WINDOW_UPDATE 1 32768"]);
  });

  test("data of a stream that we have reset is returned to the connection", () => {
    const peer = opened();
    peer.streams.get(1)!.reset();
    peer.take();
    expect(peer.says(data(1, FRAME), data(1, FRAME))).toEqual(["WINDOW_UPDATE 0 32768"]);
  });

  test("data that was not consumed is returned when its stream closes", () => {
    for (const code of [undefined, 8]) {
      const peer = opened();
      peer.consumes = false;
      peer.send(data(1, FRAME), data(1, FRAME, code === undefined ? END_STREAM : 0));
      if (code === undefined) peer.streams.get(1)!.end();
      else peer.streams.get(1)!.reset(code);
      expect(peer.takes()).toContain("WINDOW_UPDATE 0 32768");
      peer.streams.get(1)!.consume(32_768);
      expect(peer.takes()).toEqual([]);
    }
  });

  test("data is returned when a receiver resets its stream in the midst of a frame", () => {
    const peer = opened();
    peer.consumes = false;
    const bytes = data(1, FRAME);
    peer.connection.receive(bytes.subarray(0, 5000), 0);
    peer.streams.get(1)!.reset();
    peer.connection.receive(bytes.subarray(5000), 0);
    expect(peer.says(data(1, FRAME))).toEqual(["RST_STREAM 1 CANCEL", "WINDOW_UPDATE 0 32768"]);
  });

  test("a body that has ended needs no window of its stream", () => {
    const peer = opened();
    expect(peer.says(data(1, FRAME), data(1, FRAME), data(1, SMALL, END_STREAM))).toEqual([
      "WINDOW_UPDATE 0 32768",
      "WINDOW_UPDATE 1 32768",
    ]);
  });

  test("wider windows are announced", () => {
    const peer = opened();
    peer.consumes = false;
    peer.connection.widen(100_000, 80_000);
    expect(peer.takes()).toEqual([`WINDOW_UPDATE 0 ${100_000 - WINDOW}`, "SETTINGS"]);
    expect(verdict(peer.send(settingsAck(), ...full(1), data(1, new Uint8Array(80_000 - WINDOW))))).toBe("fine");
    expect(verdict(peer.send(data(1, SMALL)))).toBe("stream 1 FLOW_CONTROL_ERROR");
  });

  test("a smaller window binds the peer once it has acknowledged it", () => {
    const limits = { streamWindowBytes: 1000 };
    const fresh = (): Peer => {
      const peer = _end === "server" ? new TestClient(limits) : new TestServer(limits);
      if (peer instanceof TestServer) peer.takeRaw();
      return peer;
    };
    const preface = _end === "server" ? [TestClient.preface, settings()] : [settings()];
    const early = fresh();
    early.send(...preface);
    early.begin(1);
    expect(verdict(early.send(...full(1)))).toBe("fine");
    const late = fresh();
    late.consumes = false;
    late.send(...preface);
    late.begin(1);
    late.send(settingsAck());
    expect(verdict(late.send(data(1, new Uint8Array(1000))))).toBe("fine");
    expect(verdict(late.send(data(1, SMALL)))).toBe("stream 1 FLOW_CONTROL_ERROR");
  });
});
