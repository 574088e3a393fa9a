/**
 * Runs conversations with random mutations. Whatever a connection receives, it must stay within its limits, and either
 * continue or end with a ConnectionError.
 */
import type { Connection } from "../src/connection.ts";
import { ConnectionError } from "../src/errors.ts";
import type { Limits } from "../src/limits.ts";
import type { Stream } from "../src/stream.ts";
import { CLIENT_CONVERSATIONS, SERVER_CONVERSATIONS } from "./conversations.ts";
import {
  block,
  bytes,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  headers,
  integer,
  PREFACE,
  parse,
  rstStream,
  settings,
  settingsAck,
  u32,
} from "./frames.ts";
import { type Peer, REQUEST, REQUEST_FIELDS, RESPONSE, RESPONSE_FIELDS, TestClient, TestServer } from "./peers.ts";
import { Random } from "./random.ts";

const LIMITS: Partial<Limits> = {
  maxConcurrentStreams: 8,
  maxOutputBytes: 20_000,
  maxUnreadBytes: 60_000,
  maxHeaderBlockBytes: 20_000,
  maxHeaderListBytes: 8000,
};
/** A limit may be exceeded by this many bytes, because a frame that is being written is completed. */
const SLACK = 70_000;
const SIZES = [0, 1, 4, 5, 6, 8, 9, 63, 64, 300, 16_384];
const LARGE = new Uint8Array(30_000);

/** The result of a run. */
export interface FuzzReport {
  frames: number;
  connections: number;
  /** Maps the name of each error to the number of connections that it has ended. */
  readonly failures: Map<string, number>;
}

/**
 * Sends at least `frames` frames. Throws Error if an invariant is broken. Its message contains the seed of the
 * connection.
 */
export function fuzz(frames: number, seed: number): FuzzReport {
  const report: FuzzReport = { frames: 0, connections: 0, failures: new Map() };
  for (let own = seed; report.frames < frames; own++) {
    try {
      converse(new Random(own), report);
    } catch (error) {
      throw new Error(`seed ${own}`, { cause: error });
    }
    report.connections += 1;
  }
  return report;
}

function converse(random: Random, report: FuzzReport): void {
  const peer = random.below(2) === 0 ? new TestClient(LIMITS) : new TestServer(LIMITS);
  peer.consumes = random.below(4) > 0;
  const reads = random.below(4) > 0;
  if (peer instanceof TestServer) peer.takeRaw();
  // One of this many frames is mutated. The number varies, so that short and long conversations occur.
  const rarity = random.of([3, 20, 100]);
  for (let frames = opening(peer, random); peer.failure === undefined && peer.heard.length < 100; ) {
    report.frames += frames.length;
    for (const piece of pieces(frames, random)) {
      peer.now += random.below(20);
      peer.connection.receive(piece, peer.now);
      act(peer, random);
      if (reads) peer.take();
      requireWithinBounds(peer.connection);
    }
    if (random.below(50) === 0) break;
    frames = Array.from({ length: 1 + random.below(4) }, () => {
      const next = nextFrame(peer, random);
      return random.below(rarity) === 0 ? bent(next, random) : next;
    });
  }
  const outcome = peer.failure ?? "none";
  report.failures.set(outcome, (report.failures.get(outcome) ?? 0) + 1);
  requireOrderly(peer);
}

/**
 * Returns the frames that begin a connection. They are either the frames that the protocol requires, or a whole
 * conversation with one mutated frame.
 */
function opening(peer: Peer, random: Random): readonly Uint8Array[] {
  const isServer = peer instanceof TestClient;
  if (random.below(4) > 0) return isServer ? [PREFACE, settings()] : [settings()];
  const recorded = [...random.of(Object.values(isServer ? CLIENT_CONVERSATIONS : SERVER_CONVERSATIONS))];
  const at = random.below(recorded.length);
  recorded[at] = bent(recorded[at]!, random);
  return recorded;
}

/** Calls a random method of the connection that its user may call at any time. */
function act(peer: Peer, random: Random): void {
  const mayRequest = peer.connection.openStreams < LIMITS.maxConcurrentStreams!;
  if (peer instanceof TestServer && mayRequest && peer.connection.mayRequest && random.below(2) === 0) {
    peer.request(REQUEST_FIELDS, random.below(2) === 0);
  }
  const stream: Stream | undefined = random.of([...peer.streams.values()].slice(-8));
  if (stream === undefined) return;
  const does = random.below(12);
  if (does < 2 && peer instanceof TestClient) stream.respond(RESPONSE_FIELDS, does === 0);
  else if (does < 4) stream.write(LARGE.subarray(random.of(SIZES)));
  else if (does < 6) stream.end(LARGE.subarray(0, random.of(SIZES)), does === 4 ? ["grpc-status", "0"] : undefined);
  else if (does === 6) stream.reset();
  else if (does === 7) stream.consume(random.of(SIZES));
  else if (does === 8 && random.below(20) === 0) peer.connection.shutdown();
  else if (does === 9) peer.connection.ping(() => {});
}

function requireWithinBounds(connection: Connection): void {
  const { failure, outputBytes, openStreams } = connection;
  if (failure !== undefined && !(failure instanceof ConnectionError)) throw new Error("another kind of error");
  if (outputBytes > LIMITS.maxUnreadBytes! + SLACK) throw new Error(`${outputBytes} bytes of output`);
  if (openStreams > LIMITS.maxConcurrentStreams!) throw new Error(`${openStreams} streams`);
  if (failure !== undefined && openStreams > 0) throw new Error("streams outlive their connection");
}

/**
 * Ends the connection. Checks that every stream was closed exactly once, and that this was its last event. Also checks
 * that the output consists of whole frames.
 */
function requireOrderly(peer: Peer): void {
  peer.take();
  peer.connection.disconnected();
  parse(bytes(...peer.connection.take()));
  const closed = new Set<string>();
  for (const line of peer.heard) {
    const [id, what] = line.split(" ");
    if (closed.has(id!)) throw new Error(`"${line}" after closed`);
    if (what === "closed") closed.add(id!);
  }
  for (const id of peer.streams.keys()) if (!closed.has(`${id}`)) throw new Error(`stream ${id} was not closed`);
}

/** Returns a frame that is plausible at this point, or, rarely, a frame of any kind. */
function nextFrame(peer: Peer, random: Random): Uint8Array {
  const open = [...peer.streams.values()].filter((stream) => !stream.isClosed);
  const id = random.of(open)?.id;
  const talking = random.of(open.filter((stream) => stream.hasHead && !stream.remoteEnded))?.id;
  const ends = random.below(4) === 0 ? END_STREAM : 0;
  switch (random.below(12)) {
    case 0:
    case 1:
      if (talking !== undefined) return data(talking, LARGE.subarray(0, random.of(SIZES)), ends);
      break;
    case 2:
      if (talking !== undefined) return headers(talking, block("grpc-status", "0"), END_HEADERS | END_STREAM);
      break;
    case 3:
      if (id !== undefined) return rstStream(id, random.below(16));
      break;
    case 4:
      return frame(8, 0, random.below(2) * (id ?? 0), u32(random.of([1, 1000, 1000, 1000, 100_000, 2 ** 31 - 1])));
    case 5:
      return settings(
        [random.of([1, 3, 4, 9]), random.of([0, 1, 100, 16_384, 65_535])],
        [5, random.of([16_384, 2 ** 24 - 1])],
      );
    case 6:
      return frame(6, random.below(2), 0, u32(0).concat(u32(random.below(4))));
    case 7:
      return random.below(5) === 0 ? wildFrame(random) : settingsAck();
  }
  if (peer instanceof TestClient) {
    const next = Math.max(-1, ...peer.streams.keys()) + 2;
    return headers(next, randomBlock(random, REQUEST), END_HEADERS | ends);
  }
  const silent = open.find((stream) => !stream.hasHead);
  return silent ? headers(silent.id, randomBlock(random, RESPONSE), END_HEADERS | ends) : frame(0xbe, 0, 0);
}

/** Returns a random frame of any type. Its stream is mostly 0 or another low number. */
function wildFrame(random: Random): Uint8Array {
  if (random.below(2) === 0) return frame(10 + random.below(246), random.below(256), random.below(9), [1, 2, 3]);
  return frame(random.below(10), random.below(256), random.below(9), LARGE.subarray(0, random.of(SIZES)));
}

function randomBlock(random: Random, head: Uint8Array): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return bytes(head, block("content-length", `${random.below(400)}`));
    case 1:
      return bytes(head, [0x40], block("x-a", "y".repeat(random.below(200))).subarray(1), [0x80 | 62]);
    case 2:
      return bytes(integer(random.below(5000), 0x1f, 0x20), head);
    case 3:
      return block("grpc-status", "0");
    default:
      return head;
  }
}

/** Returns a copy of a frame in which some bytes are changed, removed or duplicated. */
function bent(original: Uint8Array, random: Random): Uint8Array {
  const at = random.below(original.length);
  switch (random.below(4)) {
    case 0:
      return bytes(original.subarray(0, at), original.subarray(at + random.below(4)));
    case 1:
      return bytes(original, original);
    default: {
      const changed = original.slice();
      // Half of the changes are in the first 12 bytes, because the frame's header has most of its meaning.
      changed[random.below(2) === 0 ? at % 12 : at] = random.below(256);
      return changed;
    }
  }
}

/** Returns the bytes of `frames`, in one piece or cut into two. */
function pieces(frames: readonly Uint8Array[], random: Random): Uint8Array[] {
  const all = bytes(...frames);
  if (random.below(3) > 0) return [all];
  const cut = random.below(all.length);
  return [all.subarray(0, cut), all.subarray(cut)];
}
