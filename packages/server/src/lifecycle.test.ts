import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { health, wire } from "@grep11/proto";
import { describe, expect, it } from "vitest";
import { createDouble } from "../test/ep11-double.ts";
import { FRAME, frame, RawFrames } from "../test/raw-frames.ts";
import { envelope, RawGrpc } from "../test/raw-grpc.ts";
import { createTestServer } from "../test/server.ts";
import type { Grep11ServerOptions } from "./options.ts";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = health.HealthCheckResponse_ServingStatus;

async function start(options: Partial<Grep11ServerOptions> = {}) {
  const server = createTestServer({ ep11: createDouble().ep11, ...options });
  const { port } = await server.listen({ port: 0 });
  const baseUrl = `http://127.0.0.1:${port}`;
  return { server, port, baseUrl, transport: createGrpcTransport({ baseUrl }) };
}

/** Returns a fake Ep11 whose sign method waits until `release` is called. */
function slowDouble() {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const { ep11, calls } = createDouble({
    sign: async () => {
      await promise;
      return { signature: Uint8Array.of(1) };
    },
  });
  return { ep11, calls, release };
}

describe("health", () => {
  it("reports whether the server and grep11.Crypto are serving", async () => {
    let ready = true;
    const { server, transport, baseUrl } = await start({ ready: () => ready });
    const client = createClient(health.Health, transport);
    expect((await client.check({})).status).toBe(SERVING);
    expect((await client.check({ service: "grep11.Crypto" })).status).toBe(SERVING);
    expect(await client.check({ service: "other" }).catch(ConnectError.from)).toMatchObject({ code: Code.NotFound });
    ready = false;
    expect((await client.check({})).status).toBe(NOT_SERVING);
    const overJson = createClient(health.Health, createConnectTransport({ baseUrl, httpVersion: "1.1" }));
    expect((await overJson.check({})).status).toBe(NOT_SERVING);
    await server.close({ graceMs: 0 });
  });

  it("sends every change to watchers, and ends with the server", async () => {
    let ready = false;
    const { server, transport } = await start({ ready: () => ready });
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { status } of createClient(health.Health, transport).watch({})) seen.push(status);
    })();
    await expect.poll(() => seen).toEqual([NOT_SERVING]);
    ready = true;
    server.refreshHealth();
    await expect.poll(() => seen).toEqual([NOT_SERVING, SERVING]);
    server.refreshHealth();
    await server.close({ graceMs: 5_000 });
    await watching;
    expect(seen).toEqual([NOT_SERVING, SERVING, NOT_SERVING]);
  });

  it("can watch unknown services", async () => {
    const { server, transport } = await start();
    const stream = createClient(health.Health, transport).watch({ service: "other" })[Symbol.asyncIterator]();
    expect((await stream.next()).value).toMatchObject({ status: SERVICE_UNKNOWN });
    await server.close({ graceMs: 0 });
    await stream.next().catch(() => undefined);
  });
});

describe("close", () => {
  it("lets running calls finish over HTTP/2 and HTTP/1.1, and accepts no new connections", async () => {
    const { ep11, calls, release } = slowDouble();
    const { server, transport, baseUrl } = await start({ ep11 });
    const running = [transport, createConnectTransport({ baseUrl, httpVersion: "1.1" })].map((one) =>
      createClient(wire.Crypto, one).sign({}),
    );
    await expect.poll(() => calls.length).toBe(2);
    let closed = false;
    const closing = server.close({ graceMs: 5_000 }).then(() => {
      closed = true;
    });
    await expect
      .poll(() =>
        fetch(baseUrl).then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    expect(closed).toBe(false);
    release();
    for (const answer of await Promise.all(running)) expect(answer.Signature).toEqual(Uint8Array.of(1));
    await closing;
    expect(server.inFlight).toBe(0);
  });

  it("refuses new calls on open connections with an error that clients retry", async () => {
    const { ep11, calls, release } = slowDouble();
    const { server, baseUrl } = await start({ ep11 });
    const keepAlive = new RawGrpc(baseUrl);
    const running = keepAlive.call("Sign", envelope(Buffer.alloc(0)));
    await expect.poll(() => calls.length).toBe(1);
    const goaway = new Promise((resolve) => keepAlive.session.once("goaway", resolve));
    const closing = server.close({ graceMs: 5_000 });
    await goaway;
    release();
    expect((await running).trailers["grpc-status"]).toBe("0");
    await closing;
  });

  it("closes connections whose calls do not finish in time", async () => {
    const { ep11, calls } = slowDouble();
    const { server, transport } = await start({ ep11 });
    const running = createClient(wire.Crypto, transport).sign({}).catch(ConnectError.from);
    await expect.poll(() => calls.length).toBe(1);
    const began = performance.now();
    await server.close({ graceMs: 100 });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await running).toBeInstanceOf(ConnectError);
  });

  it("closes idle connections at once", async () => {
    const { server, transport, baseUrl } = await start();
    await createClient(wire.Crypto, transport).getMechanismList({});
    await createClient(wire.Crypto, createConnectTransport({ baseUrl, httpVersion: "1.1" })).getMechanismList({});
    const began = performance.now();
    await server.close({ graceMs: 20_000 });
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("listen", () => {
  it("opens several ports on one server, and reports a port that is in use", async () => {
    const { server, baseUrl } = await start();
    const second = await server.listen({ port: 0 });
    expect(`http://${second.host}:${second.port}`).not.toBe(baseUrl);
    await expect(server.listen({ port: second.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(() => second.setTls({ cert: "", key: "" })).toThrow(TypeError);
    await server.close();
  });

  it("asks old connections to end, and lets their calls finish", async () => {
    const { ep11, calls, release } = slowDouble();
    const { server, baseUrl } = await start({ ep11, maxConnectionAgeMs: 100 });
    const client = new RawGrpc(baseUrl);
    const goaway = new Promise((resolve) => client.session.once("goaway", resolve));
    const closed = new Promise((resolve) => client.session.once("close", resolve));
    const running = client.call("Sign", envelope(Buffer.alloc(0)));
    await expect.poll(() => calls.length).toBe(1);
    expect(await goaway).toBe(0);
    release();
    expect((await running).trailers["grpc-status"]).toBe("0");
    await closed;
    await server.close();
  });

  it("asks an old connection to end although its client has sent GOAWAY", async () => {
    const { server, port } = await start({ maxConnectionAgeMs: 100 });
    const client = new RawFrames(port);
    await client.send(frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    await expect.poll(() => client.count(FRAME.goaway), { timeout: 2_000 }).toBeGreaterThan(0);
    client.close();
    await server.close();
  });

  it("serves a thousand calls at once over one connection", async () => {
    const { server, baseUrl } = await start();
    const client = new RawGrpc(baseUrl);
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => client.call("GenerateRandom", envelope(Buffer.from([8, 1 + (i % 100)])))),
    );
    // A response consists of a five-byte envelope, a one-byte tag, a one-byte length, and the random bytes.
    expect(answers.every(({ body }, i) => body.length === 7 + 1 + (i % 100))).toBe(true);
    client.close();
    await server.close();
  });

  it("closes connections without calls after the idle time", async () => {
    const { server, baseUrl } = await start({ idleTimeoutMs: 50 });
    const client = new RawGrpc(baseUrl);
    await new Promise((resolve) => client.session.once("close", resolve));
    await server.close();
  });
});

describe("a server that stops", () => {
  const HALVES: readonly [string, string][] = [
    ["says nothing", ""],
    ["has sent half of HTTP/2's preface", "PRI * HT"],
    ["has sent half a head", "POST /grep11.Crypto/Sign HTTP/1.1\r\nhost: x\r\n"],
    [
      "has sent half a health check",
      "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
    ],
  ];

  it.each(HALVES)("waits for calls, but not for a client that %s", async (_, text) => {
    const { ep11, calls, release } = slowDouble();
    const { server, baseUrl } = await start({ ep11 });
    const client = new RawGrpc(baseUrl);
    const call = client.call("Sign", envelope(Buffer.alloc(0)));
    const socket = connectTcp({ port: Number(new URL(baseUrl).port), host: "127.0.0.1" }).on("error", () => undefined);
    // The server may reset the connection. In contrast to this promise, once() of node:events would then reject.
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.resume().write(text);
    await expect.poll(() => calls.length).toBe(1);
    const began = performance.now();
    const stopped = server.close({ graceMs: 20_000 });
    await ended;
    expect(server.inFlight).toBe(1);
    release();
    expect((await call).trailers["grpc-status"]).toBe("0");
    await stopped;
    expect(performance.now() - began).toBeLessThan(5_000);
    client.close();
  });

  it("does not wait for health checks that never end, over HTTP/2", async () => {
    const { server, baseUrl } = await start();
    const client = new RawGrpc(baseUrl);
    const stream = client.session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
    });
    stream
      .on("error", () => undefined)
      .resume()
      .write(Buffer.alloc(2));
    await once(client.session, "remoteSettings");
    const began = performance.now();
    await server.close({ graceMs: 20_000 });
    expect(performance.now() - began).toBeLessThan(5_000);
    client.close();
  });
});
