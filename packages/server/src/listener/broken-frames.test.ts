/**
 * Tests peers that break HTTP/2 on purpose. They make the server send resets (CVE-2025-8671), send heads that never
 * become requests, or reconnect after each attack. The server must still serve other clients, even from the same
 * address.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { callHead, END_HEADERS, END_STREAM, FRAME, frame, RawFrames, word } from "../../test/raw-frames.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import { UNAUTHENTICATED } from "../limits/misuse.ts";
import type { Grep11Server } from "../options.ts";
import { Connection } from "./connection.ts";

const GOOD = { authorization: "Bearer good" };
const RANDOM = envelope(Buffer.from([8, 1]));
const { ep11, calls } = createDouble({ sign: () => new Promise(() => undefined) });
let server: Grep11Server;
let port: number;
const endings: { close(): void }[] = [];
beforeEach(async () => {
  calls.length = 0;
  server = createTestServer({ ep11 });
  const bearer = (token: string) => (token === "good" ? { name: "alice" } : undefined);
  port = (await server.listen({ port: 0, bearer })).port;
});
afterEach(async () => {
  for (const one of endings.splice(0)) one.close();
  await server.close({ graceMs: 0 });
});

function attack(localAddress = "127.0.0.1"): RawFrames {
  const client = new RawFrames(port, localAddress);
  endings.push(client);
  return client;
}

function connect(localAddress = "127.0.0.1"): RawGrpc {
  const client = new RawGrpc(`http://127.0.0.1:${port}`, { localAddress });
  endings.push(client);
  return client;
}

const isServed = async (client: RawGrpc) =>
  (await client.call("GenerateRandom", RANDOM, GOOD).catch(() => undefined))?.trailers["grpc-status"] === "0";

/**
 * Starts a client with its own connection, which makes calls until `over` is called. `over` returns how many calls
 * failed, and how many milliseconds the slowest call took.
 */
async function bystander(): Promise<{ over: () => Promise<{ failed: number; longest: number }> }> {
  const client = connect("127.0.0.9");
  expect(await isServed(client)).toBe(true);
  let [failed, longest, isOver] = [0, 0, false];
  const running = (async () => {
    while (!isOver) {
      const began = performance.now();
      if (!(await isServed(client))) failed += 1;
      longest = Math.max(longest, performance.now() - began);
      await sleep(5);
    }
  })();
  return {
    over: async () => {
      isOver = true;
      await running;
      return { failed, longest };
    },
  };
}

/**
 * Each entry has frames that make the server reset a stream or end the connection. They are sent after a call has begun
 * on that stream.
 */
const PROVOCATIONS: readonly [string, (stream: number) => Buffer[]][] = [
  ["a window beyond its maximum", (stream) => [frame(FRAME.windowUpdate, 0, stream, word(0x7fffffff))]],
  ["a window increment of zero", (stream) => [frame(FRAME.windowUpdate, 0, stream, word(0))]],
  ["data after the end", (stream) => [frame(FRAME.data, END_STREAM, stream), frame(FRAME.data, 0, stream, RANDOM)]],
  [
    "a head after the end of the stream",
    (stream) => [
      frame(FRAME.data, END_STREAM, stream),
      frame(FRAME.headers, END_HEADERS | END_STREAM, stream, callHead("Sign")),
    ],
  ],
  ["a second head", (stream) => [frame(FRAME.headers, END_HEADERS, stream, callHead("Sign"))]],
  ["a priority of wrong length", (stream) => [frame(FRAME.priority, 0, stream, Buffer.alloc(4))]],
  [
    "a dependency on itself",
    (stream) => [
      frame(FRAME.priority, 0, stream, Buffer.concat([word(stream), Buffer.of(1)])),
      frame(3, 0, stream, word(8)),
    ],
  ],
  ["more data than announced", (stream) => [frame(FRAME.data, END_STREAM, stream, Buffer.alloc(20))]],
];

/** Returns the head of a call that waits in the engine until it is cancelled. */
const head = (authorised: boolean) => callHead("Sign", { ...(authorised ? GOOD : {}), "content-length": "10" });

describe.each([
  ["without a credential", false, 400],
  ["with one", true, 3_000],
])("resets that a peer provokes %s", (_, authorised, most) => {
  it.each(PROVOCATIONS)("close its connection without affecting others: by %s", async (_how, provoke) => {
    const other = await bystander();
    const attacker = attack();
    if (authorised) {
      const stream = attacker.newStream();
      await attacker.send(
        frame(FRAME.headers, END_HEADERS, stream, callHead("GenerateRandom", GOOD)),
        frame(FRAME.data, END_STREAM, stream, RANDOM),
      );
      await expect.poll(() => calls.some(({ method }) => method === "generateRandom")).toBe(true);
    }
    let sent = 0;
    // Sends the calls before the frames, so that each call has begun when the server resets it.
    for (; sent < 2 * most && !attacker.socket.destroyed; sent += 50) {
      const streams = Array.from({ length: 50 }, () => attacker.newStream());
      await attacker.send(...streams.map((stream) => frame(FRAME.headers, END_HEADERS, stream, head(authorised))));
      await sleep(2);
      await attacker.send(...streams.flatMap(provoke));
      await sleep(1);
    }
    expect(await attacker.closesWithin(1_000)).toBe(true);
    expect(sent).toBeLessThan(most);
    const { failed, longest } = await other.over();
    expect(failed).toBe(0);
    expect(longest).toBeLessThan(1_000);
    expect(await isServed(connect("127.0.0.9"))).toBe(true);
    await expect.poll(() => server.inFlight).toBe(0);
  });
});

/**
 * A head with 300 fields of four bytes each. nghttp2 accepts fewer fields, so it resets the stream, and node:http2 emits no
 * event.
 */
const MANY_FIELDS = Buffer.concat([callHead("Sign"), ...Array<Buffer>(300).fill(Buffer.from([0, 1, 0x61, 1, 0x62]))]);
/**
 * A header block that adds one field of 3,800 bytes to the HPACK table, and refers to it 1,000 times with one byte
 * each.
 */
const HPACK_BOMB = Buffer.concat([
  callHead("Sign"),
  Buffer.from([0x40, 1, 0x61, 0x7f, 0x80 | ((3800 - 127) & 127), (3800 - 127) >> 7]),
  Buffer.alloc(3_800, 0x62),
  Buffer.alloc(1_000, 0xbe),
]);

// This test is only for our own layer, because node:http2 processes all streams of one read before the server can stop
// it.
it.runIf(inject("http2") === "own")("what a peer sends after its connection was ended is not read", async () => {
  const other = await bystander();
  const attacker = attack();
  const misused = vi.spyOn(Connection.prototype, "misused");
  const calls = Array.from({ length: 500 }, () => attacker.newStream());
  await attacker.send(
    ...calls.map((stream) => frame(FRAME.headers, END_HEADERS | END_STREAM, stream, callHead("/unknown"))),
  );
  expect(await attacker.closesWithin(1_000)).toBe(true);
  expect(attacker.received.at(-1)).toMatchObject({ type: FRAME.goaway });
  // The limit is 20 % above the burst, because the allowance refills during the test.
  expect(misused.mock.calls.length).toBeLessThan(1.2 * UNAUTHENTICATED.burst);
  misused.mockRestore();
  expect((await other.over()).failed).toBe(0);
});

describe("heads that never become a request", () => {
  it.each([
    ["too many fields", MANY_FIELDS, 4_000],
    ["a few bytes that stand for megabytes", HPACK_BOMB, 4_000],
    ["a name in upper case", callHead("Sign", { "X-Up": "1" }), 400],
  ])("close the connection: %s", async (_, bytes, most) => {
    const other = await bystander();
    const attacker = attack();
    let sent = 0;
    for (; sent < 2 * most && !attacker.socket.destroyed; sent += 20) {
      await attacker.send(
        ...Array.from({ length: 20 }, () =>
          frame(FRAME.headers, END_HEADERS | END_STREAM, attacker.newStream(), bytes),
        ),
      );
      await sleep(2);
    }
    expect(attacker.socket.destroyed).toBe(true);
    expect(sent).toBeLessThan(most);
    expect((await other.over()).failed).toBe(0);
    expect(calls.every(({ method }) => method === "generateRandom")).toBe(true);
  });

  it("do not close the connection of a client that sends one now and then", async () => {
    const client = connect();
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a${i}`, "1"]));
    for (let i = 0; i < 20; i += 1) {
      expect(await isServed(client)).toBe(true);
      await client.send({ path: "GenerateRandom", headers: { ...GOOD, ...many } });
    }
    await sleep(250);
    expect(client.session.destroyed).toBe(false);
  });
});

describe("an address that reconnects each time it was disconnected", () => {
  const flood = (isReset: boolean) => (client: RawFrames) =>
    Array.from({ length: 40 }).flatMap(() => {
      const stream = client.newStream();
      const begin = frame(FRAME.headers, isReset ? END_HEADERS : END_HEADERS | END_STREAM, stream, callHead("Sign"));
      return isReset ? [begin, frame(FRAME.reset, 0, stream, word(8))] : [begin];
    });
  const upperCase = (client: RawFrames) =>
    Array.from({ length: 40 }, () =>
      frame(FRAME.headers, END_HEADERS | END_STREAM, client.newStream(), callHead("Sign", { "X-Up": "1" })),
    );

  it.each([
    ["resets", flood(true)],
    ["refused calls", flood(false)],
    ["heads that break the protocol", upperCase],
  ])(
    "gets few connections after %s, and others can connect",
    async (_, group) => {
      const inUse = connect("127.0.0.5");
      expect(await isServed(inUse)).toBe(true);
      for (let i = 0; i < 60; i += 1) {
        const client = attack("127.0.0.5");
        for (let n = 0; n < 8 && !client.socket.destroyed; n += 1) {
          await client.send(...group(client));
          await sleep(1);
        }
        await client.closesWithin(50);
        client.close();
      }
      const wave = Array.from({ length: 60 }, () => attack("127.0.0.5"));
      const other = connect("127.0.0.6");
      expect(await isServed(other)).toBe(true);
      await sleep(200);
      expect(wave.filter(({ received }) => received.length > 0).length).toBeLessThanOrEqual(20);
      for (const client of wave) client.close();
      expect(await isServed(inUse)).toBe(true);
      await expect.poll(() => isServed(connect("127.0.0.5")), { timeout: 15_000, interval: 300 }).toBe(true);
    },
    30_000,
  );
});
