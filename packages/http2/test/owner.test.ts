/** Tests what the code that uses a connection may do inside callbacks of the connection. */
import { describe, expect, test } from "vitest";
import { ClientConnection } from "../src/client-connection.ts";
import { PREFACE } from "../src/frame.ts";
import { ServerConnection } from "../src/server-connection.ts";
import type { Stream, StreamReceiver } from "../src/stream.ts";
import {
  bytes,
  data,
  END_HEADERS,
  END_STREAM,
  ErrorCode,
  headers,
  describe as inWords,
  parse,
  ping,
  rstStream,
  Setting,
  settings,
  settingsAck,
  verdict,
  windowUpdate,
} from "./frames.ts";
import { REQUEST, REQUEST_FIELDS, RESPONSE, RESPONSE_FIELDS, TestClient } from "./peers.ts";

const MOST = 2 ** 31 - 1;
const ENDED = END_HEADERS | END_STREAM;

/** Creates a server that calls `receive` to create the receiver of each request. */
function serverWith(
  receive: (stream: Stream, connection: ServerConnection) => Partial<StreamReceiver>,
): ServerConnection {
  const connection: ServerConnection = new ServerConnection({
    output() {},
    request: (stream) => ({ data() {}, end() {}, closed() {}, ...receive(stream, connection) }),
  });
  connection.start();
  connection.receive(bytes(PREFACE, settings(), settingsAck()), 0);
  drain(connection);
  return connection;
}

function drain(connection: { take(): Uint8Array[] }): string[] {
  const chunks: Uint8Array[] = [];
  for (let more = connection.take(); more.length > 0; more = connection.take()) chunks.push(...more);
  return parse(bytes(...chunks)).map(inWords);
}

describe("a receiver", () => {
  test("resets its stream from data, and hears nothing more of it", () => {
    const heard: string[] = [];
    const connection = serverWith((stream) => ({
      data: (piece) => {
        heard.push(`data ${piece.length}`);
        stream.reset();
      },
      end: () => heard.push("end"),
      closed: () => heard.push("closed"),
    }));
    const frame = data(1, new Uint8Array(100), END_STREAM);
    connection.receive(bytes(headers(1, REQUEST), frame.subarray(0, 50)), 0);
    connection.receive(bytes(frame.subarray(50), rstStream(1, 8)), 0);
    expect(heard).toEqual(["data 41", "closed"]);
    expect(drain(connection)).toEqual(["RST_STREAM 1 CANCEL"]);
  });

  test("resets its stream from end", () => {
    const heard: string[] = [];
    const connection = serverWith((stream) => ({
      end: () => stream.reset(2),
      closed: (code) => heard.push(`${code}`),
    }));
    connection.receive(headers(1, REQUEST, ENDED), 0);
    expect([heard, drain(connection)]).toEqual([["2"], ["RST_STREAM 1 INTERNAL_ERROR"]]);
  });

  test("resets other streams from closed", () => {
    const streams: Stream[] = [];
    const closed: number[] = [];
    const connection = serverWith((stream) => {
      streams.push(stream);
      return {
        closed: () => {
          closed.push(stream.id);
          for (const other of streams) other.reset();
        },
      };
    });
    connection.receive(bytes(headers(1, REQUEST), headers(3, REQUEST), headers(5, REQUEST), rstStream(3, 8)), 0);
    expect([closed, connection.openStreams]).toEqual([[3, 1, 5], 0]);
    connection.receive(bytes(headers(7, REQUEST), headers(9, REQUEST)), 0);
    connection.abort(0, "over");
    expect(closed).toEqual([3, 1, 5, 7, 9]);
  });

  test("is told when its stream was closed before there was a receiver", () => {
    const codes: unknown[] = [];
    const connection = serverWith((stream) => {
      stream.reset(ErrorCode.REFUSED_STREAM);
      return { closed: (code) => codes.push(code) };
    });
    connection.receive(bytes(headers(1, REQUEST), data(1, [1])), 0);
    expect(codes).toEqual([ErrorCode.REFUSED_STREAM]);
  });

  test("pauses: what has begun is read, the next request is not until the rest is passed again", () => {
    const heard: string[] = [];
    const connection = serverWith((stream, own) => {
      own.pause();
      heard.push(`${stream.id}`);
      return { data: (piece) => heard.push(`${stream.id} data ${piece.length}`) };
    });
    const first = bytes(headers(1, REQUEST), data(1, [1]), ping());
    const second = bytes(headers(3, REQUEST), data(3, [1, 2]), data(1, [1, 2, 3]));
    const input = bytes(first, second, headers(5, REQUEST).subarray(0, 5));
    expect(connection.receive(input, 0)).toBe(first.length);
    expect(connection.receive(input.subarray(first.length), 0)).toBe(second.length + 5);
    expect(heard).toEqual(["1", "1 data 1", "3", "3 data 2", "1 data 3"]);
    connection.receive(headers(5, REQUEST).subarray(5), 0);
    expect(heard.at(-1)).toBe("5");
  });

  test("aborts the connection: nothing of what was read with it is heard", () => {
    for (const end of ["abort", "disconnected"] as const) {
      let requests = 0;
      const connection = serverWith((_stream, own) => {
        requests += 1;
        return { data: () => (end === "abort" ? own.abort(0, "enough") : own.disconnected()) };
      });
      connection.receive(bytes(headers(1, REQUEST), data(1, [1]), headers(3, REQUEST), ping(), data(1, [2])), 0);
      expect([requests, connection.openStreams]).toEqual([1, 0]);
      expect(drain(connection)).toEqual(end === "abort" ? ["GOAWAY 1 NO_ERROR"] : []);
    }
  });

  test.each(["request", "data", "end", "closed"] as const)("that throws from %s ends the connection", (from) => {
    const closed: number[] = [];
    const fail = (): never => {
      throw new RangeError("broken");
    };
    const connection = serverWith((stream) => {
      if (from === "request" && stream.id === 3) fail();
      const closes = { closed: () => void closed.push(stream.id) };
      if (stream.id !== 3) return closes;
      return from === "closed" ? { closed: fail } : { ...closes, [from]: fail };
    });
    const input = bytes(
      headers(1, REQUEST),
      headers(3, REQUEST),
      data(3, [1], END_STREAM),
      rstStream(3, 8),
      headers(5, REQUEST),
    );
    expect(() => connection.receive(input, 0)).toThrow(RangeError);
    expect(connection.failure?.code).toBe(ErrorCode.INTERNAL_ERROR);
    expect(connection.openStreams).toBe(0);
    expect(closed).toContain(1);
    expect(drain(connection).at(-1)).toBe("GOAWAY 3 INTERNAL_ERROR");
    connection.receive(input, 0);
  });

  test("writes more when it hears that all was sent", () => {
    let parts = 3;
    const connection = serverWith((stream) => ({
      end: () => {
        stream.respond(RESPONSE_FIELDS);
        stream.write(Uint8Array.of(1));
      },
      drained: () => (--parts > 0 ? stream.write(Uint8Array.of(1)) : stream.end()),
    }));
    connection.receive(bytes(settings([Setting.INITIAL_WINDOW_SIZE, 0]), headers(1, REQUEST, ENDED)), 0);
    expect(drain(connection)).toEqual(["SETTINGS ACK", "HEADERS 1"]);
    connection.receive(windowUpdate(1, 10), 0);
    // The event "drained" follows only the first write, because only that one had to wait.
    expect(drain(connection)).toEqual(["DATA 1 1 bytes", "DATA 1 1 bytes"]);
    expect(parts).toBe(2);
  });
});

describe("an owner that takes from within output", () => {
  /** Creates a server that sends back what it receives. Its output is taken as soon as there is any. */
  function eager(body: Uint8Array): [ServerConnection, () => string[]] {
    const written: Uint8Array[] = [];
    const connection: ServerConnection = new ServerConnection({
      output: () => {
        for (let more = connection.take(); more.length > 0; more = connection.take()) written.push(...more);
      },
      request: (stream) => ({
        data() {},
        end: () => {
          stream.respond(RESPONSE_FIELDS);
          stream.end(body, ["grpc-status", "0"]);
        },
        closed() {},
        drained() {},
      }),
    });
    connection.start();
    const taken = () => parse(bytes(...written.splice(0))).map(inWords);
    return [connection, taken];
  }

  test("gets all frames in order, each once", () => {
    const [connection, taken] = eager(new Uint8Array(40_000));
    connection.receive(bytes(PREFACE, settings([Setting.INITIAL_WINDOW_SIZE, 20_000]), settingsAck()), 0);
    taken();
    connection.receive(bytes(headers(1, REQUEST, ENDED), headers(3, REQUEST, ENDED)), 0);
    const first = (id: number) => [`HEADERS ${id}`, `DATA ${id} 16384 bytes`, `DATA ${id} 3616 bytes`];
    expect(taken()).toEqual([...first(1), ...first(3)]);
    connection.receive(
      bytes(windowUpdate(0, 20_000), windowUpdate(1, 20_000), windowUpdate(3, 5), windowUpdate(3, 19_995)),
      0,
    );
    expect(taken()).toEqual([
      "DATA 1 16384 bytes",
      "DATA 1 3616 bytes",
      "HEADERS 1 END",
      "DATA 3 5 bytes",
      "DATA 3 16384 bytes",
      "DATA 3 3611 bytes",
      "HEADERS 3 END",
    ]);
    expect(connection.openStreams).toBe(0);
  });

  test("gets a large body in bounded pieces", () => {
    const [connection, taken] = eager(new Uint8Array(1_000_000));
    connection.receive(
      bytes(PREFACE, settings([Setting.INITIAL_WINDOW_SIZE, MOST]), windowUpdate(0, MOST - 65_535)),
      0,
    );
    connection.receive(headers(1, REQUEST, ENDED), 0);
    const frames = taken();
    expect(frames.filter((line) => line.startsWith("DATA"))).toHaveLength(Math.ceil(1_000_000 / 16_384));
    expect(frames.at(-1)).toBe("HEADERS 1 END");
  });
});

test("output is called once until nothing is left to take", () => {
  const peer = TestClient.ready();
  const before = peer.outputs;
  peer.connection.receive(bytes(ping(), ping(), headers(1, REQUEST)), 0);
  peer.connection.take();
  peer.connection.receive(ping(), 0);
  expect(peer.outputs).toBe(before + 1);
  expect(peer.takes()).toHaveLength(1);
  peer.connection.receive(ping(), 0);
  expect(peer.outputs).toBe(before + 2);
});

describe("a client that requests from within available", () => {
  test("windows of streams that begin while settings change are right", () => {
    const waiting = [REQUEST_FIELDS];
    const client: ClientConnection = new ClientConnection({
      output() {},
      available() {
        for (let fields = waiting.pop(); fields !== undefined; fields = waiting.pop()) {
          client.request(fields, { data() {}, end() {}, closed() {} }).end(new Uint8Array(200));
        }
      },
    });
    client.start();
    client.take();
    expect(drain(client)).toEqual([]);
    client.receive(settings([Setting.INITIAL_WINDOW_SIZE, 100]), 0);
    expect(drain(client)).toEqual(["SETTINGS ACK", "HEADERS 1", "DATA 1 100 bytes"]);
  });

  test("a stream that closes makes place for the next", () => {
    let ids: number[] = [];
    const client: ClientConnection = new ClientConnection({
      output() {},
      available() {
        if (ids.length < 3 && client.mayRequest) ids = [...ids, client.request(REQUEST_FIELDS, quiet, true).id];
      },
    });
    const quiet: StreamReceiver = { data() {}, end() {}, closed() {} };
    client.start();
    client.receive(settings([Setting.MAX_CONCURRENT_STREAMS, 1]), 0);
    for (const id of [1, 3, 5]) client.receive(headers(id, RESPONSE, ENDED), 0);
    expect([ids, client.openStreams, client.failure]).toEqual([[1, 3, 5], 0, undefined]);
  });
});

test("views of what was read are not kept beyond the call", () => {
  const peer = TestClient.ready();
  const block = REQUEST.slice();
  const input = bytes(headers(1, block.subarray(0, 20), END_STREAM));
  peer.connection.receive(input, 0);
  input.fill(0xff);
  const rest = bytes([0, 0, block.length - 20, 9, 4, 0, 0, 0, 1], block.subarray(20));
  for (const byte of rest) {
    const one = Uint8Array.of(byte);
    peer.connection.receive(one, 0);
    one.fill(0xff);
  }
  expect(peer.heard).toEqual(["1 request ended", "1 end"]);
  expect(verdict(peer.take())).toBe("fine");
});
