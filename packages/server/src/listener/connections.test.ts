import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function connectionFrom(remoteAddress: string): Connection {
  return new Connection(Object.defineProperty(new Socket(), "remoteAddress", { value: remoteAddress }));
}

/**
 * Creates a server's connections with a limit of three, and of two from the same address. `come` opens a connection,
 * and `client` opens one that has made a call. `cut` lists the connections that were closed to make space for others.
 */
function scene() {
  const connections = new Connections({ maxConnections: 3, maxConnectionsPerAddress: 2, idleTimeoutMs: 300_000 });
  const cut: string[] = [];
  const come = (name: string, address = name) => {
    const connection = connectionFrom(address);
    connection.cut = () => void cut.push(name);
    const added = connections.add(connection);
    return { connection, added };
  };
  const client = (name: string, address = name) => {
    const { connection } = come(name, address);
    connection.callAdmitted();
    connection.callEnded(true);
    return connection;
  };
  return { connections, cut, come, client };
}

describe("a new connection replaces", () => {
  it("none, while there is room", () => {
    const { connections, cut, come } = scene();
    const first = come("1");
    for (const name of ["2", "3"]) come(name);
    connections.remove(first.connection);
    connections.remove(first.connection);
    expect(come("4").added).toBe(true);
    expect(cut).toEqual([]);
    come("5");
    expect(cut).toEqual(["2"]);
  });

  it("the oldest unauthenticated one, before any client, however long that has been idle", () => {
    const { cut, come, client } = scene();
    client("client");
    vi.advanceTimersByTime(200_000);
    come("a");
    come("b");
    vi.advanceTimersByTime(1_000);
    come("c");
    come("d");
    expect(cut).toEqual(["a", "b"]);
  });

  it("a client without calls for half a minute, before an unauthenticated one that is less than a second old", () => {
    const { cut, come, client } = scene();
    client("idle");
    const calling = client("calling");
    calling.callAdmitted();
    vi.advanceTimersByTime(30_000);
    come("a");
    come("b");
    expect(cut).toEqual(["idle"]);
    come("c");
    expect(cut).toEqual(["idle", "a"]);
  });

  it("the longest-idle client", () => {
    const { cut, come, client } = scene();
    const first = client("1");
    client("2");
    vi.advanceTimersByTime(10_000);
    client("3");
    first.callAdmitted();
    first.callEnded(true);
    vi.advanceTimersByTime(30_000);
    come("a");
    expect(cut).toEqual(["2"]);
  });

  it("none of those that have calls, or had some recently", () => {
    const { connections, cut, come, client } = scene();
    const calling = client("1");
    calling.callAdmitted();
    vi.advanceTimersByTime(100_000);
    client("2");
    client("3");
    vi.advanceTimersByTime(29_000);
    expect(come("a").added).toBe(false);
    expect(cut).toEqual([]);
    calling.callEnded(true);
    connections.remove(calling);
    expect(come("b").added).toBe(true);
  });

  it("one from the same address or IPv6 network, if there are too many from there", () => {
    const { cut, come } = scene();
    come("other", "192.0.2.9");
    come("a", "2001:db8::1");
    come("b", "2001:db8::2");
    come("c", "2001:db8::3");
    expect(cut).toEqual(["a"]);
    come("d", "192.0.2.9");
    expect(cut).toEqual(["a", "other"]);
  });
});

it("a network that has misused the server gets ten connections a second until its allowance has refilled", () => {
  const connections = new Connections({ maxConnections: 100, maxConnectionsPerAddress: 50, idleTimeoutMs: 300_000 });
  const guilty = connectionFrom("192.0.2.1");
  guilty.cut = () => undefined;
  connections.add(guilty);
  for (let i = 0; i < 100; i += 1) expect(connections.misused(guilty, 1)).toBe(true);
  for (let i = 0; i < 1_200; i += 1) expect(connections.misused(guilty, 1)).toBe(false);
  const come = (address: string) => Array.from({ length: 20 }, () => connections.add(connectionFrom(address)));
  expect(come("192.0.2.1").filter(Boolean)).toHaveLength(10);
  expect(come("192.0.2.2")).not.toContain(false);
  vi.advanceTimersByTime(1_000);
  expect(come("192.0.2.1").filter(Boolean)).toHaveLength(10);
  // The allowance is at its lowest, -1,000 tokens, and grows by 100 tokens per second.
  vi.advanceTimersByTime(10_000);
  expect(come("192.0.2.1")).not.toContain(false);
});

it("connections without calls are closed after the idle time", () => {
  const { connections, client } = scene();
  const [idle, calling] = [client("1"), client("2")];
  calling.callAdmitted();
  const ended: string[] = [];
  for (const [name, connection] of Object.entries({ idle, calling })) connection.end = () => void ended.push(name);
  vi.advanceTimersByTime(299_000);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(ended).toEqual(["idle"]);
  connections.close();
  vi.advanceTimersByTime(100_000);
  expect(ended).toEqual(["idle"]);
});
