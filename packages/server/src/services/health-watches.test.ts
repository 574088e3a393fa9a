/** Tests that the server limits health watches in total and per network, and that other clients are not affected. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import type { Grep11Server } from "../options.ts";

const RANDOM = envelope(Buffer.from([8, 1]));
const GOOD = { authorization: "Bearer good" };
const EMPTY = envelope(Buffer.alloc(0));
let server: Grep11Server;
const clients: RawGrpc[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close({ graceMs: 0 });
});

async function listen(): Promise<number> {
  server = createTestServer({ ep11: createDouble().ep11, maxConnections: 40, maxConnectionsPerAddress: 16 });
  const bearer = (token: string) => (token === "good" ? { name: "alice" } : undefined);
  return (await server.listen({ port: 0, bearer })).port;
}

function connect(port: number, localAddress: string): RawGrpc {
  const client = new RawGrpc(`http://127.0.0.1:${port}`, { localAddress });
  clients.push(client);
  return client;
}

/** Opens `count` watches on each of `connections` connections from `address`. Returns their results. */
async function watch(port: number, address: string, connections: number, count: number) {
  const ends = { open: 0, refused: 0 };
  for (let i = 0; i < connections; i += 1) {
    const { session } = connect(port, address);
    for (let n = 0; n < count; n += 1) {
      const stream = session.request({
        ":method": "POST",
        ":path": "/grpc.health.v1.Health/Watch",
        "content-type": "application/grpc",
      });
      stream
        .on("error", () => undefined)
        .on("response", (headers) => {
          if (headers["grpc-status"] === undefined) ends.open += 1;
          else if (headers["grpc-status"] === "8") ends.refused += 1;
        });
      stream.resume().end(EMPTY);
    }
  }
  await expect.poll(() => ends.open + ends.refused, { timeout: 20_000 }).toBe(connections * count);
  return ends;
}

const check = async (client: RawGrpc) =>
  (await client.send({ path: "/grpc.health.v1.Health/Check", body: [EMPTY] })).trailers["grpc-status"];

it("a network may have as many as it may have connections", async () => {
  const port = await listen();
  expect(await watch(port, "127.0.0.2", 10, 4)).toEqual({ open: 16, refused: 24 });
  expect(await watch(port, "127.0.0.3", 1, 1)).toEqual({ open: 1, refused: 0 });
  expect(await check(connect(port, "127.0.0.2"))).toBe("0");
});

it("there may be as many as connections, and checks and calls of others are served", async () => {
  const port = await listen();
  const early = connect(port, "127.0.0.9");
  expect((await early.call("GenerateRandom", RANDOM, GOOD)).trailers["grpc-status"]).toBe("0");
  const all = [];
  for (const address of ["127.0.0.2", "127.0.0.3", "127.0.0.4"]) all.push(await watch(port, address, 8, 4));
  expect(all.map(({ open }) => open)).toEqual([16, 16, 8]);
  expect(await check(connect(port, "127.0.0.8"))).toBe("0");
  expect(await check(early)).toBe("0");
  expect((await early.call("GenerateRandom", RANDOM, GOOD)).trailers["grpc-status"]).toBe("0");
  server.refreshHealth();
  expect(await check(early)).toBe("0");
});

it("the limit is free again when watches end", async () => {
  const port = await listen();
  expect((await watch(port, "127.0.0.2", 4, 4)).open).toBe(16);
  for (const client of clients.splice(0)) client.close();
  await sleep(50);
  await expect.poll(async () => (await watch(port, "127.0.0.2", 1, 1)).open).toBe(1);
});
