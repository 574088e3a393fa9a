import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listenOn } from "./bind.ts";

/**
 * Host names that exist only in this test, with their addresses. All other names are looked up as usual. 192.0.2.1 (RFC
 * 5737) is never an address of this machine.
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "partly.test": ["192.0.2.1", "127.0.0.1", "127.0.0.2"],
  "absent.test": ["192.0.2.1"],
};
vi.mock("node:dns/promises", async (original) => {
  const real = await original<typeof import("node:dns/promises")>();
  return {
    ...real,
    lookup: async (name: string, options: { all: true }) =>
      NAMES[name]?.map((address) => ({ address, family: 4 })) ?? real.lookup(name, options),
  };
});

const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);
if (!HAS_IPV6) console.warn("skipped: this machine has no IPv6");
const LOCALHOST = (await lookup("localhost", { all: true })).map(({ address }) => address);

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

const make = (): Server => {
  const server = createServer((socket) => socket.destroy());
  opened.push(server);
  return server;
};

/** Starts a server on `hosts` and returns the addresses to which it is bound. All of them have the same port. */
async function bound(...hosts: string[]): Promise<string[]> {
  const servers = await listenOn(make, hosts, 0);
  const found = servers.map((server) => server.address() as AddressInfo);
  expect(new Set(found.map(({ port }) => port)).size).toBe(1);
  return found.map(({ address }) => address);
}

async function reaches(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const reached = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return reached;
}

describe("a listener", () => {
  it("is bound to an address, or to all addresses of a name", async () => {
    expect(await bound("127.0.0.1")).toEqual(["127.0.0.1"]);
    expect(await bound("0.0.0.0")).toEqual(["0.0.0.0"]);
    const names = await bound("localhost");
    expect(names.every((address) => LOCALHOST.includes(address))).toBe(true);
    expect(names).toContain("127.0.0.1");
    expect(await bound("localhost", "127.0.0.1", "127.0.0.2")).toEqual([...names, "127.0.0.2"]);
  });

  it.runIf(HAS_IPV6)("is bound to IPv6, with brackets or without, and to both versions of IP", async () => {
    expect(await bound("::1")).toEqual(["::1"]);
    expect(await bound("[::1]")).toEqual(["::1"]);
    expect(await bound("127.0.0.1", "[::1]")).toEqual(["127.0.0.1", "::1"]);
    expect(await bound("[::]", "0.0.0.0")).toEqual(["::", "0.0.0.0"]);
    expect(await bound("0.0.0.0", "::")).toEqual(["0.0.0.0", "::"]);
    const [all] = await listenOn(make, ["::"], 0);
    const { port } = (all as Server).address() as AddressInfo;
    expect([await reaches("127.0.0.1", port), await reaches("::1", port)]).toEqual([true, true]);
  });

  it.runIf(LOCALHOST.includes("::1"))("uses the addresses of a name that exist", async () => {
    expect((await bound("localhost")).includes("::1")).toBe(HAS_IPV6);
  });

  it("needs at least one address of a name on this machine", async () => {
    expect(await bound("partly.test")).toEqual(["127.0.0.1", "127.0.0.2"]);
    await expect(bound("absent.test")).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
    await expect(bound("partly.test", "192.0.2.1")).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  it("is bound to all its addresses or to none", async () => {
    const [taken] = await listenOn(make, ["127.0.0.2"], 0);
    const { port } = (taken as Server).address() as AddressInfo;
    await expect(listenOn(make, ["127.0.0.1", "127.0.0.2"], port)).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(await reaches("127.0.0.1", port)).toBe(false);
    await expect(listenOn(make, ["192.0.2.1"], 0)).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
    await expect(listenOn(make, ["none.invalid"], 0)).rejects.toMatchObject({ syscall: "getaddrinfo" });
  });
});
