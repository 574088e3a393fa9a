/**
 * Tests how the server treats a client that resets its calls or makes calls that are refused. Other clients must not be affected.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import { Connection } from "../listener/connection.ts";
import type { Grep11Server } from "../options.ts";
import { Allowance } from "./allowance.ts";
import { MisuseByNetwork } from "./misuse.ts";

const GOOD = { authorization: "Bearer good" };
const RANDOM = envelope(Buffer.from([8, 1]));
const CANCEL = 8;

const { ep11, calls } = createDouble({ sign: () => new Promise(() => undefined) });
let server: Grep11Server;
let port: number;
const clients: RawGrpc[] = [];
beforeEach(async () => {
  calls.length = 0;
  server = createTestServer({ ep11 });
  const bearer = (token: string) => (token === "good" ? { name: "alice" } : undefined);
  port = (await server.listen({ port: 0, bearer })).port;
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const client of clients.splice(0)) client.close();
  await server.close({ graceMs: 0 });
});

function connect(localAddress = "127.0.0.1"): RawGrpc {
  const client = new RawGrpc(`http://127.0.0.1:${port}`, { localAddress });
  clients.push(client);
  return client;
}

const isServed = async (client: RawGrpc) =>
  (await client.call("GenerateRandom", RANDOM, GOOD).catch(() => undefined))?.trailers["grpc-status"] === "0";

/** Calls Sign, which never responds. `headers` may contain a deadline. */
function hangingCall(client: RawGrpc, headers: Record<string, string>) {
  const stream = client.session.request({
    ":method": "POST",
    ":path": "/grep11.Crypto/Sign",
    "content-type": "application/grpc",
    ...headers,
  });
  stream.on("error", () => undefined).resume();
  stream.end(envelope(Buffer.alloc(0)));
  return stream;
}

const closeOf = ({ session }: RawGrpc) => new Promise((resolve) => session.once("close", resolve));

/**
 * Starts calls in groups, and resets each call as soon as it has begun. Stops after `count` calls, or earlier if the
 * connection ends.
 */
async function resetAtOnce(client: RawGrpc, count: number, headers: Record<string, string>): Promise<void> {
  if (client.session.connecting) {
    await Promise.race([once(client.session, "connect"), closeOf(client)]);
  }
  let over = false;
  client.session.once("goaway", () => {
    over = true;
  });
  for (let i = 0; i < count && !over && !client.session.destroyed; i += 1) {
    hangingCall(client, headers).close(CANCEL);
    if (i % 50 === 49) await sleep(1);
  }
}

describe("calls that pass their deadline", () => {
  // The fake clock alone decides how long a call has run, even if the call reaches the server late. Polling must not
  // advance this clock.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());
  const poll = <T>(state: () => T) => expect.poll(state, { interval: 0, timeout: 30_000 });

  /** Starts 90 calls at once, and resets them after they have run for `lifeMs`. */
  async function makeWave(client: RawGrpc, deadlineMs: number, lifeMs: number): Promise<void> {
    const began = calls.length;
    const headers = { ...GOOD, "grpc-timeout": `${deadlineMs}m` };
    const streams = Array.from({ length: 90 }, () => hangingCall(client, headers));
    await poll(() => calls.length - began).toBe(90);
    vi.advanceTimersByTime(lifeMs);
    for (const stream of streams) stream.close(CANCEL);
    await poll(() => server.inFlight).toBe(0);
  }

  it.each([
    ["1 wave of 90", 1, 1_000, 990],
    ["3 waves of 90", 3, 1_000, 990],
    ["20 waves of 90, more than any allowance", 20, 300, 220],
    ["1 wave that arrived a tenth of its deadline late", 1, 1_000, 901],
    ["20 waves that the server ends first", 20, 15, 30],
  ])("do not close the connection of an admitted client: %s", async (_, waves, deadlineMs, lifeMs) => {
    const client = connect();
    const bystander = connect();
    expect(await isServed(client)).toBe(true);
    const misused = vi.spyOn(Connection.prototype, "misused");
    for (let wave = 0; wave < waves; wave += 1) await makeWave(client, deadlineMs, lifeMs);
    expect(misused).not.toHaveBeenCalled();
    expect(client.session.closed).toBe(false);
    expect(await Promise.all([isServed(client), isServed(bystander), isServed(connect())])).toEqual([true, true, true]);
    await poll(() => server.inFlight).toBe(0);
  });

  it.each([
    ["long before their deadline", 1_000, 890],
    ["at a deadline that is very short", 15, 14],
  ])("count as misuse when they are reset %s", async (_, deadlineMs, lifeMs) => {
    const client = connect();
    expect(await isServed(client)).toBe(true);
    const misused = vi.spyOn(Connection.prototype, "misused");
    await makeWave(client, deadlineMs, lifeMs);
    expect(misused).toHaveBeenCalledTimes(90);
  });
});

describe("calls of an admitted client", () => {
  it("may be canceled early, as often as other calls of the client complete", async () => {
    const client = connect();
    const earned = vi.spyOn(Allowance.prototype, "earn");
    for (let round = 0; round < 4; round += 1) {
      for (let i = 0; i < 100; i += 1) expect(await isServed(client)).toBe(true);
      const streams = Array.from({ length: 90 }, () => hangingCall(client, GOOD));
      await expect.poll(() => server.inFlight).toBe(90);
      for (const stream of streams) stream.close(CANCEL);
      await expect.poll(() => server.inFlight).toBe(0);
    }
    expect(earned.mock.calls.length).toBeGreaterThanOrEqual(4 * 100);
    expect(await isServed(client)).toBe(true);
  });
});

describe("immediate resets close the connection", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  it("of an unauthenticated client before it has begun a call, but not that of a client at the same address", async () => {
    const bystander = connect();
    expect(await isServed(bystander)).toBe(true);
    const attacker = connect();
    const gone = closeOf(attacker);
    await resetAtOnce(attacker, 400, {});
    await gone;
    expect(calls.map(({ method }) => method)).toEqual(["generateRandom"]);
    expect(await isServed(bystander)).toBe(true);
  });

  it("of an admitted client, after more of them", async () => {
    const bystander = connect();
    expect(await isServed(bystander)).toBe(true);
    const attacker = connect();
    expect(await isServed(attacker)).toBe(true);
    await resetAtOnce(attacker, 500, GOOD);
    await sleep(50);
    expect(attacker.session.closed).toBe(false);
    const gone = closeOf(attacker);
    await resetAtOnce(attacker, 3_000, GOOD);
    await gone;
    expect(await isServed(bystander)).toBe(true);
    await expect.poll(() => server.inFlight).toBe(0);
  });

  it("of a client whose calls have very short deadlines", async () => {
    const attacker = connect();
    expect(await isServed(attacker)).toBe(true);
    const gone = closeOf(attacker);
    await resetAtOnce(attacker, 3_000, { ...GOOD, "grpc-timeout": "1u" });
    await gone;
  });
});

describe("a kind of request that is refused", () => {
  // The allowance must not be refilled meanwhile, however long the test takes.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["calls without a token", { path: "GenerateRandom", body: [RANDOM] }],
    ["unknown paths", { path: "/nothing", body: [RANDOM] }],
    [
      "preflights of web pages",
      { path: "GenerateRandom", headers: { ":method": "OPTIONS", origin: "https://a.example" } },
    ],
    ["health checks without end", { path: "/grpc.health.v1.Health/Check", body: [envelope(Buffer.alloc(0))] }],
  ])("closes the connection after 100 at once: %s", async (_, request) => {
    const bystander = connect();
    expect(await isServed(bystander)).toBe(true);
    const client = connect();
    const goaway = once(client.session, "goaway");
    let answered = 0;
    while (!client.session.destroyed && answered < 200) {
      const { headers } = await client.send(request).catch(() => ({ headers: {} as Record<string, unknown> }));
      if (headers[":status"] !== undefined) answered += 1;
    }
    expect((await goaway)[0]).toBe(11);
    expect(answered).toBeGreaterThanOrEqual(99);
    expect(answered).toBeLessThan(150);
    expect(await isServed(bystander)).toBe(true);
  });

  it("does not close the connection of a client whose other calls are admitted", async () => {
    const client = connect();
    for (let i = 0; i < 300; i += 1) {
      expect(await isServed(client)).toBe(true);
      await client.call("GenerateRandom", RANDOM);
    }
    expect(client.session.closed).toBe(false);
  });
});

it("a client that reconnects after each flood begins no call, while clients at the same address are served and can connect", async () => {
  const bystander = connect("127.0.0.5");
  expect(await isServed(bystander)).toBe(true);
  for (let i = 0; i < 30; i += 1) {
    const attacker = connect("127.0.0.5");
    const gone = closeOf(attacker);
    await resetAtOnce(attacker, 400, {});
    await Promise.race([gone, sleep(300)]);
    attacker.close();
  }
  expect(calls).toHaveLength(1);
  expect(await isServed(bystander)).toBe(true);
  expect(await isServed(connect("127.0.0.6"))).toBe(true);
  await expect.poll(() => isServed(connect("127.0.0.5")), { timeout: 10_000 }).toBe(true);
}, 30_000);

describe("an allowance", () => {
  it("is spent, overdrawn, refilled with time up to its burst, and earned", () => {
    const allowance = new Allowance({ burst: 3, perSecond: 1 }, 0);
    expect([1, 2, 3, 4, 5].map(() => allowance.spend(1, 0))).toEqual([true, true, true, false, false]);
    expect(allowance.left(1_000)).toBe(-1);
    allowance.earn(2);
    expect(allowance.spend(1, 1_000)).toBe(true);
    expect(allowance.left(60_000)).toBe(3);
    allowance.spend(1_000, 60_000);
    expect(allowance.left(60_000)).toBe(-3);
    allowance.widen({ burst: 10, perSecond: 1 });
    expect(allowance.left(60_000)).toBe(10);
  });
});

describe("networks", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are restricted to ten connections a second while they are overdrawn", () => {
    const misuse = new MisuseByNetwork();
    expect(misuse.spend("a", 1_500)).toBe(false);
    expect([misuse.isRestricted("a"), misuse.isRestricted("b")]).toEqual([true, false]);
    const mayConnect = () => Array.from({ length: 20 }, () => misuse.mayConnect("a")).filter(Boolean).length;
    expect(mayConnect()).toBe(10);
    expect(misuse.mayConnect("b")).toBe(true);
    vi.advanceTimersByTime(6_000);
    expect(misuse.isRestricted("a")).toBe(false);
    expect(mayConnect()).toBe(20);
  });

  it("are remembered up to 4,096, the most recent ones", () => {
    const misuse = new MisuseByNetwork();
    misuse.spend("first", 2_000);
    misuse.spend("kept", 2_000);
    for (let i = 0; i < 4_095; i += 1) {
      misuse.spend(`network ${i}`, 1);
      if (i % 1_000 === 0) misuse.spend("kept", 1);
    }
    expect([misuse.isRestricted("first"), misuse.isRestricted("kept")]).toEqual([false, true]);
  });
});
