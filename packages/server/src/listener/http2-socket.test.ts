/** Tests how a connection of our own HTTP/2 layer ends. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ACK, FRAME, frame, word } from "../../test/raw-frames.ts";
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

it("accepts late frames after a graceful end, until the client has closed its side", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const errors: Error[] = [];
  client.on("error", (error) => errors.push(error));
  const [socket] = (await once(server, "connection")) as [Socket];
  const session = new Http2Socket(socket, new Connection(socket), LIMITS, () => {
    throw new Error("there is no request");
  });
  const closed = once(socket, "close");
  client.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(FRAME.settings, 0, 0)]));
  client.on("data", (bytes: Buffer) => {
    const ping = bytes.indexOf(frame(FRAME.ping, 0, 0, Buffer.alloc(8)).subarray(0, 9));
    if (ping >= 0) client.write(frame(FRAME.ping, ACK, 0, bytes.subarray(ping + 9, ping + 17)));
  });
  session.shutdown();
  await once(client, "end");
  for (let i = 0; i < 3; i++) {
    client.write(frame(FRAME.windowUpdate, 0, 0, word(1)));
    await sleep(20);
  }
  expect(errors).toEqual([]);
  client.end();
  await closed;
  server.close();
});
