/**
 * Tests that a conversation leads to the same events and to the same sent frames, no matter how its bytes are cut into
 * pieces.
 */
import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import { ServerConnection } from "../src/server-connection.ts";
import { CLIENT_CONVERSATIONS, SERVER_CONVERSATIONS } from "./conversations.ts";
import { bytes, describe as inWords } from "./frames.ts";
import { nodeClient, Wire } from "./node-peer.ts";
import { type Peer, RESPONSE_FIELDS, TestClient, TestServer } from "./peers.ts";

/** Everything that a conversation leads to. */
interface Outcome {
  readonly heard: readonly string[];
  readonly bodies: readonly (readonly [number, readonly number[]])[];
  readonly answers: readonly string[];
  readonly failure: string | undefined;
}

type Create = () => Peer;

function server(): Peer {
  const peer = new TestClient();
  peer.onRequest = (stream) => {
    stream.respond(RESPONSE_FIELDS);
    if (stream.id === 7) stream.end(Uint8Array.of(1, 2, 3), ["grpc-status", "0"]);
  };
  return peer;
}

function client(): Peer {
  const peer = new TestServer();
  for (let n = 0; n < 4; n++) peer.request();
  peer.takeRaw();
  return peer;
}

function replay(create: Create, pieces: readonly Uint8Array[]): Outcome {
  const peer = create();
  const answers: string[] = [];
  for (const piece of pieces) {
    peer.connection.receive(piece, 0);
    answers.push(...peer.takes());
  }
  return {
    heard: peer.heard,
    bodies: [...peer.bodies],
    // WINDOW_UPDATE frames are not compared, because the pieces determine when they are sent.
    answers: answers.filter((line) => !line.startsWith("WINDOW_UPDATE")),
    failure: peer.failure,
  };
}

function requireSameForAllCuts(create: Create, conversation: Uint8Array): void {
  const whole = replay(create, [conversation]);
  expect(whole.heard.length + whole.answers.length).toBeGreaterThan(0);
  for (let at = 1; at < conversation.length; at++) {
    const outcome = replay(create, [conversation.subarray(0, at), conversation.subarray(at)]);
    if (JSON.stringify(outcome) !== JSON.stringify(whole)) expect({ at, ...outcome }).toEqual({ at, ...whole });
  }
  expect(
    replay(
      create,
      Array.from(conversation, (byte) => Uint8Array.of(byte)),
    ),
  ).toEqual(whole);
}

describe("from a client", () => {
  test.each(Object.entries(CLIENT_CONVERSATIONS))("%s", (_name, frames) => {
    requireSameForAllCuts(server, bytes(...frames));
  });
});

describe("from a server", () => {
  test.each(Object.entries(SERVER_CONVERSATIONS))("%s", (_name, frames) => {
    requireSameForAllCuts(client, bytes(...frames));
  });
});

describe("from node:http2", () => {
  let conversation: Uint8Array;

  beforeAll(async () => {
    const connection: ServerConnection = new ServerConnection({
      output() {},
      request: (stream) => ({
        data: (piece) => stream.consume(piece.length),
        end: () => {
          stream.respond(RESPONSE_FIELDS);
          stream.end(Uint8Array.of(1), ["grpc-status", "0"]);
        },
        closed() {},
      }),
    });
    const wire = new Wire(() => connection);
    wire.records = true;
    connection.start();
    const session = nodeClient(wire);
    for (const size of [0, 10, 500]) {
      const stream = session.request({ ":method": "POST", ":path": "/a/b", te: "trailers", "x-size": `${size}` });
      stream.resume();
      stream.end(Buffer.alloc(size, 7));
      await once(stream, "close");
    }
    session.destroy();
    conversation = bytes(...wire.written);
  });

  test("three calls", () => {
    expect(conversation.length).toBeGreaterThan(600);
    requireSameForAllCuts(server, conversation);
    expect(replay(server, [conversation]).heard).toContain("5 end");
  });
});

test("the frames sent during a conversation", () => {
  const { answers, failure } = replay(server, [bytes(...CLIENT_CONVERSATIONS["resets and malformed requests"]!)]);
  expect(failure).toBeUndefined();
  expect(answers).toEqual([
    "SETTINGS",
    "SETTINGS ACK",
    "HEADERS 1",
    "RST_STREAM 3 PROTOCOL_ERROR",
    "HEADERS 5",
    "RST_STREAM 5 PROTOCOL_ERROR",
    "HEADERS 7",
    "DATA 7 3 bytes",
    "HEADERS 7 END",
  ]);
  expect(inWords({ type: 0xbe, flags: 0, streamId: 1, payload: new Uint8Array(0) })).toBe("frame 190 on 1");
});
