/** Tests what one stream of our own HTTP/2 layer sends, and how much memory it keeps. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { callHead, END_HEADERS, END_STREAM, FRAME, fields, frame, RawFrames } from "../../test/raw-frames.ts";
import type { Grep11Server } from "../options.ts";
import { createGrep11Server } from "../server.ts";
import { Pieces } from "./pieces.ts";

let server: Grep11Server;
let client: RawFrames;
beforeEach(async () => {
  server = createGrep11Server({ ep11: createDouble().ep11 });
  const { port } = await server.listen({ port: 0 });
  client = new RawFrames(port);
});
afterEach(async () => {
  vi.restoreAllMocks();
  client.close();
  await server.close({ graceMs: 0 });
});

const ENDED = END_HEADERS | END_STREAM;

it("does not reset a request that is complete with its head", async () => {
  const head = fields({ ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "x" });
  await client.send(frame(FRAME.headers, ENDED, client.newStream(), head));
  await expect.poll(() => client.received.some(({ stream, flags }) => stream === 1 && flags & END_STREAM)).toBe(true);
  await sleep(20);
  expect(client.count(FRAME.reset)).toBe(0);
});

it("keeps nothing of a body that arrives after the response", async () => {
  const add = vi.spyOn(Pieces.prototype, "add");
  const noWindow = Buffer.from([0, 4, 0, 0, 0, 0]);
  const stream = client.newStream();
  await client.send(
    frame(FRAME.settings, 0, 0, noWindow),
    frame(FRAME.headers, END_HEADERS, stream, callHead("/unknown", { "content-type": "application/json" })),
  );
  await expect.poll(() => client.count(FRAME.headers)).toBe(1);
  await client.send(frame(FRAME.data, 0, stream, Buffer.alloc(16_000)), frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  await expect.poll(() => client.count(FRAME.ping)).toBe(1);
  expect(add).not.toHaveBeenCalled();
});
