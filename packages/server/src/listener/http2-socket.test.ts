/** Tests how a connection of our own HTTP/2 layer ends. */
import { once } from "node:events";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { Connection } from "./connection.ts";
import { Http2Socket } from "./http2-socket.ts";

const LIMITS = {
  keepalive: { intervalMs: 30_000, timeoutMs: 5_000 },
  maxConnectionAgeMs: undefined,
  bodyTimeoutMs: 30_000,
};

/** A socket whose peer does not read, even if only a little data is waiting to be sent. */
class Unread extends Socket {
  override _write(): void {}
  override _writev(): void {}
}

it("is cut soon after its end when the client reads nothing", async () => {
  const socket = new Unread();
  const session = new Http2Socket(socket, new Connection(socket), LIMITS, () => {
    throw new Error("there is no request");
  });
  const closed = once(socket, "close").then(() => "closed");
  session.destroy(0);
  expect(socket.destroyed).toBe(false);
  const late = new Promise((resolve) => setTimeout(() => resolve("open"), 3_000).unref());
  expect(await Promise.race([closed, late])).toBe("closed");
});
