/** Tests that unauthenticated clients leave connections, health streams and memory to authenticated clients. */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { CertificatePair } from "@grep11/certificates";
import * as ck from "@grep11/cryptoki";
import { codecs, health } from "@grep11/proto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { makeCertificates, type TestCertificates } from "../../test/certificates.ts";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import type { Grep11Server, Grep11ServerOptions, Listener, ListenOptions } from "../options.ts";

const MIB = 1024 * 1024;
const PLACES = 20;
const RANDOM = envelope(Buffer.from([8, 1]));
const WATCH = { path: "/grpc.health.v1.Health/Watch", body: [envelope(Buffer.alloc(0))] };
const JSON_CHECK = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
const GOOD = { authorization: "Bearer good" };

let tls: TestCertificates<"alice" | "carol">;
beforeAll(async () => {
  tls = await makeCertificates("alice", "carol");
});

let server: Grep11Server;
const endings: (() => void)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of endings.splice(0)) end();
  await server.close({ graceMs: 0 });
});

async function listen(given: ListenOptions, options: Partial<Grep11ServerOptions> = {}): Promise<Listener> {
  server = createTestServer({ ep11: createDouble().ep11, maxConnections: PLACES, ...options });
  return await server.listen({ port: 0, ...given });
}

const listenWithTokens = (options?: Partial<Grep11ServerOptions>) =>
  listen({ bearer: (token) => (token === "good" ? { name: "alice" } : undefined) }, options);
const listenWithCertificates = (options?: Partial<Grep11ServerOptions>) =>
  listen({ tls: { ...tls.server, clientCa: tls.ca.cert } }, options);

function connect({ port }: Listener, localAddress = "127.0.0.1", identity?: CertificatePair): RawGrpc {
  const scheme = identity === undefined ? "http" : "https";
  const client = new RawGrpc(`${scheme}://127.0.0.1:${port}`, { localAddress, ca: tls.ca.cert, ...identity });
  endings.push(() => client.close());
  return client;
}

const statusOf = ({ headers, trailers }: Awaited<ReturnType<RawGrpc["call"]>>) =>
  ({ ...headers, ...trailers })["grpc-status"];

/** Runs `attack` on `count` connections. A connection that is closed is opened again after `pauseMs` milliseconds. */
async function besiege(count: number, attack: () => RawGrpc | Socket, pauseMs = 200): Promise<void> {
  let over = false;
  endings.push(() => {
    over = true;
  });
  const begin = (): void => {
    if (over) return;
    const one = attack();
    const connection = one instanceof RawGrpc ? one.session : one;
    connection.once("close", () => setTimeout(begin, pauseMs));
  };
  for (let i = 0; i < count; i += 1) begin();
  await sleep(120);
}

function watching(client: RawGrpc): RawGrpc {
  void client.send({ ...WATCH, neverEnds: true }).catch(() => undefined);
  return client;
}

function callingInVain(client: RawGrpc): RawGrpc {
  const again = (): unknown =>
    client.call("GenerateRandom", RANDOM).then(
      () => setTimeout(again, 20),
      () => undefined,
    );
  again();
  return client;
}

function silent({ port }: Listener, localAddress: string): Socket {
  const socket = connectTcp({ port, host: "127.0.0.1", localAddress }).on("error", () => undefined);
  endings.push(() => socket.destroy());
  return socket.resume();
}

const ATTACKS: [string, boolean, (listener: Listener, localAddress: string) => RawGrpc | Socket][] = [
  ["watch the health, to a bearer listener", false, (to, from) => watching(connect(to, from))],
  ["call without a token", false, (to, from) => callingInVain(connect(to, from))],
  ["are silent, to a bearer listener", false, silent],
  ["watch the health with a certificate", true, (to, from) => watching(connect(to, from, tls.clients.carol))],
  ["never begin TLS", true, silent],
];

describe.each(ATTACKS)("connections that %s", (_, mutualTls, attack) => {
  it.each([
    ["from the clients' own address", PLACES, ["127.0.0.1"]],
    ["from many addresses", undefined, ["127.0.0.2", "127.0.0.3", "127.0.0.4"]],
  ])("keep no client out: %s", async (_where, maxConnectionsPerAddress, addresses) => {
    const listener = await (mutualTls ? listenWithCertificates : listenWithTokens)(
      maxConnectionsPerAddress === undefined ? {} : { maxConnectionsPerAddress },
    );
    const identity = mutualTls ? tls.clients.alice : undefined;
    const early = connect(listener, "127.0.0.1", identity);
    expect(statusOf(await early.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
    let i = 0;
    await besiege(PLACES + 4, () => attack(listener, addresses[i++ % addresses.length]!));
    for (let newcomer = 0; newcomer < 8; newcomer += 1) {
      const client = connect(listener, "127.0.0.1", identity);
      for (let call = 0; call < 3; call += 1)
        expect(statusOf(await client.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
    }
    expect(statusOf(await early.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
  });
});

describe("a client", () => {
  it("is refused, and none is closed, while all other connections have running calls", async () => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const { ep11, calls } = createDouble({
      sign: async () => {
        await promise;
        return { signature: Uint8Array.of(1) };
      },
    });
    const listener = await listen({}, { ep11, maxConnections: 3, maxConnectionsPerAddress: 3 });
    const busy = [1, 2, 3].map(() => connect(listener).call("Sign", envelope(Buffer.alloc(0))));
    await expect.poll(() => calls.length).toBe(3);
    const refused = connect(listener);
    await once(refused.session, "close");
    release();
    expect((await Promise.all(busy)).map(statusOf)).toEqual(["0", "0", "0"]);
  });

  it("is told by GOAWAY that its connection is replaced by another", async () => {
    const listener = await listenWithTokens({ maxConnections: 1, maxConnectionsPerAddress: 1 });
    const unauthenticated = watching(connect(listener));
    await once(unauthenticated.session, "remoteSettings");
    const goaway = once(unauthenticated.session, "goaway");
    expect(statusOf(await connect(listener).call("GenerateRandom", RANDOM, GOOD))).toBe("0");
    expect((await goaway)[0]).toBe(0);
  });

  it("keeps a connection without calls until the idle time, whether or not it watches the health", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
    const keepalive = { intervalMs: 50, timeoutMs: 1000 };
    const client = watching(connect(await listenWithTokens({ idleTimeoutMs: 200, keepalive })));
    const closed = once(client.session, "close");
    for (let i = 0; i < 4; i += 1) {
      vi.advanceTimersByTime(100);
      expect(statusOf(await client.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
    }
    expect(client.session.closed).toBe(false);
    vi.advanceTimersByTime(400);
    await closed;
  });
});

describe("health", () => {
  it("responds to a probe's Check and one Watch while unauthenticated clients fill the server", async () => {
    const listener = await listenWithTokens({ maxConnectionsPerAddress: PLACES });
    await besiege(PLACES + 4, () => watching(connect(listener)));
    for (let i = 0; i < 5; i += 1) {
      const probe = createClient(health.Health, createGrpcTransport({ baseUrl: `http://127.0.0.1:${listener.port}` }));
      expect((await probe.check({})).status).toBe(health.HealthCheckResponse_ServingStatus.SERVING);
    }
  });

  it.each(["Watch", "Check"])(
    "accepts four open calls of %s over a connection, and more when they have ended",
    async (rpc) => {
      const listener = await listenWithTokens();
      const client = connect(listener);
      const request = { path: `/grpc.health.v1.Health/${rpc}`, body: [envelope(Buffer.alloc(0))] };
      const open = [1, 2, 3, 4].map(() => {
        const stream = client.session.request({
          ":method": "POST",
          ":path": request.path,
          "content-type": "application/grpc",
        });
        if (rpc === "Watch") stream.end(request.body[0]);
        return stream.on("error", () => undefined).resume();
      });
      await sleep(100);
      expect(statusOf(await client.send(request))).toBe(String(Code.ResourceExhausted));
      // Other calls are not affected.
      expect(statusOf(await client.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
      for (const stream of open) stream.close(8);
      const check = { ...request, path: "/grpc.health.v1.Health/Check" };
      await expect.poll(async () => statusOf(await client.send(check))).toBe("0");
      const overHttp1 = () => fetch(`http://127.0.0.1:${listener.port}/grpc.health.v1.Health/Check`, JSON_CHECK);
      expect((await overHttp1()).status).toBe(200);
    },
  );
});

describe("a call without a token", () => {
  it.each([
    ["gRPC", { "content-type": "application/grpc" }],
    ["gRPC-Web", { "content-type": "application/grpc-web+proto" }],
    ["Connect", { "content-type": "application/proto" }],
    ["Connect with JSON", { "content-type": "application/json" }],
  ])("is refused before its body has arrived: %s over HTTP/2 and HTTP/1.1", async (protocol, headers) => {
    const listener = await listenWithTokens({ bodyTimeoutMs: 60_000 });
    const body = [envelope(Buffer.alloc(4_000_000)).subarray(0, 100)];
    const answer = await connect(listener).send({ path: "EncryptSingle", headers, body, neverEnds: true });
    const said = `${answer.trailers["grpc-status"]} ${answer.headers[":status"]} ${answer.body.toString("latin1")}`;
    expect(said).toMatch(/^16 |unauthenticated|grpc-status: 16/);
    if (protocol === "gRPC") return;
    const socket = silent(listener, "127.0.0.1");
    socket.write(
      `POST /grep11.Crypto/EncryptSingle HTTP/1.1\r\nhost: x\r\ncontent-type: ${headers["content-type"]}\r\ntransfer-encoding: chunked\r\n\r\n5\r\n`,
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString("latin1")).toMatch(/^HTTP\/1.1 (401|200) /);
  });

  it.each([
    ["of gRPC", "/grep11.Crypto/Sign", { "content-type": "application/grpc" }],
    ["of gRPC-Web", "/grep11.Crypto/Sign", { "content-type": "application/grpc-web+proto" }],
    ["of Connect", "/grep11.Crypto/Sign", { "content-type": "application/proto" }],
    ["of no RPC", "/grep11.Crypto/Nothing", { "content-type": "application/grpc" }],
    ["of no RPC of gRPC-Web", "/grep11.Crypto/Nothing", { "content-type": "application/grpc-web+proto" }],
    ["of no protocol", "/grep11.Crypto/Sign", { "content-type": "text/plain" }],
    ["of no method", "/grep11.Crypto/Sign", { ":method": "GET" }],
    ["of a page", "/grep11.Crypto/Sign", { ":method": "OPTIONS", origin: "https://a.example" }],
    ["of the health", "/grpc.health.v1.Health/Check", { "content-type": "application/grpc" }],
  ])("leaves no stream open for a client that keeps sending: %s", async (_, path, headers) => {
    const client = connect(await listenWithTokens());
    const stream = client.session.request({ ":method": "POST", ":path": path, ...headers }, { endStream: false });
    stream.resume().write(Buffer.alloc(60_000, 1));
    await once(stream, "close");
    expect(stream.rstCode).toBe(0);
  });

  it("does not enlarge the windows of HTTP/2, as an admitted call does", async () => {
    const client = connect(await listenWithTokens());
    expect(statusOf(await client.call("GenerateRandom", RANDOM))).toBe(String(Code.Unauthenticated));
    expect(client.session.remoteSettings.initialWindowSize).toBe(65_535);
    expect(client.session.state.remoteWindowSize).toBeLessThan(65_536);
    expect(statusOf(await client.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
    await expect.poll(() => client.session.remoteSettings.initialWindowSize).toBe(MIB);
    expect(client.session.state.remoteWindowSize).toBeGreaterThan(3 * MIB);
  });
});

describe("bytes of requests", () => {
  const rvOf = async (answer: Promise<Awaited<ReturnType<RawGrpc["call"]>>>) => (await answer).trailers["grpc-message"];

  it("are bounded for each principal until its calls end", async () => {
    const listener = await listen(
      { bearer: (name) => ({ name }) },
      { maxDataBytes: MIB, maxJsonBytes: false, maxPendingBytes: 4 * MIB, bodyTimeoutMs: 60_000 },
    );
    const client = connect(listener);
    const headersOf = (name: string) => ({ authorization: `Bearer ${name}` });
    const most = envelope(Buffer.alloc(MIB)).subarray(0, MIB - 1000);
    const open = (name: string) => {
      const stream = client.session.request({
        ":method": "POST",
        ":path": "/grep11.Crypto/EncryptSingle",
        "content-type": "application/grpc",
        ...headersOf(name),
      });
      stream.on("error", () => undefined);
      stream.write(most);
      return stream.resume();
    };
    const call = (name: string) => rvOf(client.call("EncryptSingle", most, headersOf(name)));
    const slow = [open("mallory"), open("mallory")];
    await sleep(200);
    expect(await call("mallory")).toBe("CKR_DEVICE_MEMORY");
    // The body is shorter than the envelope says, so the server reads the request and then refuses it.
    expect(await call("alice")).toBe("CKR_IBM_GREP11_CANNOT_UNMARSHAL");
    slow.push(open("alice"), open("bob"));
    await sleep(200);
    expect(await call("carol")).toBe("CKR_DEVICE_MEMORY");
    for (const stream of slow) stream.close(8);
    await expect.poll(() => call("mallory")).toBe("CKR_IBM_GREP11_CANNOT_UNMARSHAL");
    await expect.poll(() => server.inFlight).toBe(0);
  });

  it("beyond the bound are RESOURCE_EXHAUSTED, with retry, over every protocol", async () => {
    const limits = { maxDataBytes: MIB, maxJsonBytes: false, maxPendingBytes: 1, bodyTimeoutMs: 60_000 } as const;
    const listener = await listen({}, limits);
    const client = connect(listener);
    const slow = client.session.request({
      ":method": "POST",
      ":path": "/grep11.Crypto/EncryptSingle",
      "content-type": "application/grpc",
    });
    slow.write(envelope(Buffer.alloc(MIB)).subarray(0, MIB - 1000));
    await sleep(200);
    const response = await fetch(`http://127.0.0.1:${listener.port}/grep11.Crypto/EncryptSingle`, {
      method: "POST",
      headers: { "content-type": "application/proto" },
      body: Buffer.alloc(10_000),
    });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ code: "resource_exhausted", message: "CKR_DEVICE_MEMORY" });
    slow.close(8);
  });

  it("of unread responses count too, however small their requests were", async () => {
    const listener = await listen(
      { bearer: (name) => ({ name }) },
      { maxDataBytes: MIB, maxJsonBytes: false, maxPendingBytes: 4 * MIB },
    );
    const client = connect(listener);
    const headers = { authorization: "Bearer mallory" };
    const ask = (size: number) => envelope(codecs.generateRandom.request.write({ len: size }));
    const unread = [1, 2].map(() => {
      const stream = client.session.request({
        ":method": "POST",
        ":path": "/grep11.Crypto/GenerateRandom",
        "content-type": "application/grpc",
        ...headers,
      });
      stream.on("error", () => undefined).end(ask(900_000));
      return stream;
    });
    await sleep(100);
    expect(await rvOf(client.call("GenerateRandom", ask(900_000), headers))).toBe("CKR_DEVICE_MEMORY");
    // There is still memory for small responses to this caller, and for all responses to other callers.
    expect(statusOf(await client.call("GenerateRandom", ask(16), headers))).toBe("0");
    const bob = connect(listener);
    expect(statusOf(await bob.call("GenerateRandom", ask(900_000), { authorization: "Bearer bob" }))).toBe("0");
    for (const stream of unread) stream.close(8);
    const again = () => client.call("GenerateRandom", ask(900_000), headers);
    await expect.poll(async () => statusOf(await again())).toBe("0");
  });

  it.each([
    ["gRPC", "application/grpc", 2],
    ["gRPC-Web", "application/grpc-web+proto", 2],
    ["Connect", "application/proto", 2],
    ["Connect over HTTP/1.1", "application/proto", 1],
  ])(
    "of responses are held for a limited time, after which the stream is reset: %s",
    async (_, type, version) => {
      const records: number[] = [];
      const listener = await listen(
        { bearer: (name) => ({ name }) },
        {
          maxDataBytes: 16 * MIB,
          maxPendingBytes: 40 * MIB,
          bodyTimeoutMs: 2_000,
          keepalive: { intervalMs: 60_000, timeoutMs: 60_000 },
          onCall: ({ rv }) => records.push(rv),
        },
      );
      const message = codecs.generateRandom.request.write({ len: 16_000_000 });
      const body = type.includes("grpc") ? envelope(message) : Buffer.from(message);
      const headers = { authorization: "Bearer mallory", "content-type": type };
      const ended = Promise.withResolvers<void>();
      if (version === 2) {
        const stream = connect(listener).session.request({
          ":method": "POST",
          ":path": "/grep11.Crypto/GenerateRandom",
          ...headers,
        });
        stream
          .on("error", () => undefined)
          .on("close", ended.resolve)
          .end(body);
      } else {
        const socket = connectTcp({ port: listener.port, host: "127.0.0.1" }).on("error", () => undefined);
        endings.push(() => socket.destroy());
        socket.write(
          `POST /grep11.Crypto/GenerateRandom HTTP/1.1\r\nhost: x\r\nauthorization: Bearer mallory\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
        );
        socket.write(body);
        socket.pause();
        ended.resolve();
      }
      await expect.poll(() => server.inFlight).toBe(1);
      const began = performance.now();
      // Bob is served, because Bob's client reads its responses. Mallory is served again after the unread response was
      // discarded.
      const ask = envelope(codecs.generateRandom.request.write({ len: 100_000 }));
      const reader = connect(listener);
      expect(statusOf(await reader.call("GenerateRandom", ask, { authorization: "Bearer bob" }))).toBe("0");
      await expect.poll(() => server.inFlight, { timeout: 8_000 }).toBe(0);
      expect(performance.now() - began).toBeGreaterThan(1_000);
      await ended.promise;
      expect(records.at(-1)).toBe(ck.CKR_IBM_REQ_TIMEOUT);
      const again = envelope(codecs.generateRandom.request.write({ len: 5_000_000 }));
      expect(statusOf(await reader.call("GenerateRandom", again, { authorization: "Bearer mallory" }))).toBe("0");
    },
    20_000,
  );
});
