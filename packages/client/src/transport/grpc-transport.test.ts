import { once } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Socket, connect as tcpConnect } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import { codecs, encodeError, Grep11ErrorSchema, health, wire } from "@grep11/proto";
import { describe, expect, inject, it } from "vitest";
import {
  type Answer,
  ask,
  closers,
  codeOf,
  FOUR_BYTES,
  GOOD,
  reply,
  serve,
  succeed,
  transportTo,
} from "../../test/grpc-server.ts";
import { createTestTransport } from "../../test/transport.ts";
import { createGrep11Client } from "../client.ts";
import { createUnary } from "./grpc-transport.ts";
import { Http2Connection } from "./http2-connection.ts";
import { Pool } from "./pool.ts";
import { grpcTimeout } from "./unary-call.ts";

/** Whether Connect's own transport is under test. Some of its error codes differ from ours. */
const IS_CONNECT = inject("http2") === "node";
const LARGE = codecs.encryptSingle.response.serialise(
  codecs.encryptSingle.response.encode({ ciphered: new Uint8Array(100_000) }),
);

describe("a response", () => {
  it("has message, headers and trailers", async () => {
    const headers = { ...GOOD, "x-one": "1" };
    const { port, seen } = await serve(reply({ headers, trailers: { "grpc-status": "0", "x-two": "2" } }));
    const answer = await ask(transportTo(port), undefined, 5_000);
    expect(answer.message.Rnd).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(answer.header.get("x-one")).toBe("1");
    expect(answer.trailer.get("x-two")).toBe("2");
    expect(seen.headers[0]).toMatchObject({
      ":path": "/grep11.Crypto/GenerateRandom",
      "content-type": "application/grpc+proto",
      "grpc-timeout": "5000m",
      te: "trailers",
    });
  });

  it("may arrive in pieces of any size", async () => {
    const whole = encodeEnvelope(0, FOUR_BYTES);
    const { port } = await serve(reply({ body: Array.from(whole, (byte) => Uint8Array.of(byte)) }));
    expect((await ask(transportTo(port))).message.Rnd).toHaveLength(4);
  });

  it("may arrive before the request has ended, and then stops it", async () => {
    const { port, seen } = await serve((stream) => {
      stream.respond({ ...GOOD, "grpc-status": "8", "grpc-message": "too large" }, { endStream: true });
    });
    const call = transportTo(port).unary(wire.Crypto.method.encryptSingle, undefined, undefined, undefined, {
      Plain: new Uint8Array(8 << 20),
    });
    expect(await codeOf(call)).toBe(Code.ResourceExhausted);
    await expect.poll(() => seen.resets).toHaveLength(1);
  });

  it("carries the error of the HSM, in trailers or in headers alone", async () => {
    const value = encodeError(new ck.CkError(ck.CKR_SIGNATURE_INVALID), "GenerateRandom");
    const error = new ConnectError("CKR_SIGNATURE_INVALID", Code.Unknown, {}, [{ desc: Grep11ErrorSchema, value }]);
    const trailers = Object.fromEntries(setTrailerStatus(new Headers(), error));
    const inTrailers = await serve(reply({ body: [], trailers }));
    const alone = await serve((stream) => stream.respond({ ...GOOD, ...trailers }, { endStream: true }));
    for (const { port } of [inTrailers, alone]) {
      const client = createGrep11Client(transportTo(port));
      await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject({ rv: ck.CKR_SIGNATURE_INVALID });
    }
  });

  it.each<[string, Answer, Code]>([
    ["HTTP 503", reply({ headers: { ":status": 503 } }), Code.Unavailable],
    ["HTTP 404", reply({ headers: { ":status": 404 } }), Code.Unimplemented],
    ["a web page", reply({ headers: { ":status": 200, "content-type": "text/html" } }), Code.Unknown],
    ["no status", reply({ trailers: {} }), Code.Internal],
    [
      "no trailers",
      (stream) => {
        stream.respond(GOOD);
        stream.resume().end(encodeEnvelope(0, FOUR_BYTES));
      },
      Code.Internal,
    ],
    ["no message", reply({ body: [] }), IS_CONNECT ? Code.Unimplemented : Code.Internal],
    [
      "half a message",
      reply({ body: [encodeEnvelope(0, FOUR_BYTES).subarray(0, 7)] }),
      IS_CONNECT ? Code.InvalidArgument : Code.Internal,
    ],
    [
      "two messages",
      reply({ body: [encodeEnvelope(0, FOUR_BYTES), encodeEnvelope(0, FOUR_BYTES)] }),
      IS_CONNECT ? Code.Unimplemented : Code.Internal,
    ],
    ["a compressed message", reply({ body: [encodeEnvelope(1, FOUR_BYTES)] }), Code.Internal],
    ["compression nobody asked for", reply({ headers: { ...GOOD, "grpc-encoding": "gzip" } }), Code.Internal],
    ["garbage", reply({ body: [encodeEnvelope(0, Buffer.alloc(9, 0xff))] }), Code.Internal],
    ["more than fits", reply({ body: [encodeEnvelope(0, new Uint8Array(1001))] }), Code.ResourceExhausted],
    ["a reset for REFUSED_STREAM", (stream) => stream.close(7), Code.Unavailable],
    ["a reset for INTERNAL_ERROR", (stream) => stream.close(2), Code.Internal],
    ["a reset for ENHANCE_YOUR_CALM", (stream) => stream.close(11), Code.ResourceExhausted],
    ["the end of the connection", (stream) => stream.session?.destroy(), Code.Unavailable],
  ])("%s is an error", async (_, answer, code) => {
    const { port } = await serve(answer);
    const transport = createTestTransport({ address: `127.0.0.1:${port}`, readMaxBytes: 1000 });
    closers.push(() => transport.close());
    expect(await codeOf(ask(transport))).toBe(code);
  });

  it.each([
    ["REFUSED_STREAM", 7, ck.CKR_DEVICE_REMOVED, true],
    ["ENHANCE_YOUR_CALM", 11, ck.CKR_DEVICE_MEMORY, true],
    ["INTERNAL_ERROR", 2, ck.CKR_IBM_TRANSPORT_ERROR, false],
  ])("that is a reset for %s says so, and whether to try again", async (name, code, rv, retry) => {
    const { port } = await serve((stream) => stream.close(code));
    const error = await createGrep11Client(transportTo(port), { retry: { attempts: 1 } })
      .generateRandom({ len: 4 })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ rv, retry, message: expect.stringContaining(name) });
  });

  it("that is larger than this client accepts fails with the client's limit", async () => {
    const { port } = await serve(reply({ body: [encodeEnvelope(0, new Uint8Array(1001))] }));
    const transport = createTestTransport({ address: `127.0.0.1:${port}`, readMaxBytes: 1000 });
    closers.push(() => transport.close());
    await expect(createGrep11Client(transport).generateRandom({ len: 4 })).rejects.toMatchObject({
      rv: ck.CKR_IBM_TRANSPORT_LIMIT,
      retry: false,
      message: expect.stringMatching(/readMaxBytes.* 1000$/),
    });
  });

  it("may be large while the requests are large too, many of them at once", async () => {
    const { port } = await serve(reply({ body: [encodeEnvelope(0, LARGE)] }));
    const client = createGrep11Client(transportTo(port), { retry: { attempts: 1 } });
    const plain = new Uint8Array(1 << 20);
    const mech = { mechanism: 1 };
    const key = Uint8Array.of(1);
    const calls = Array.from({ length: 40 }, () => client.encryptSingle({ mech, key, plain }));
    for (const { ciphered } of await Promise.all(calls)) expect(ciphered).toHaveLength(100_000);
  });
});

describe("a call that is given up", () => {
  const silent: Answer = (stream) => stream.resume();
  const CANCEL = IS_CONNECT ? 2 : 8;

  it("ends at its deadline, and tells the server", async () => {
    const { port, seen } = await serve(silent);
    expect(await codeOf(ask(transportTo(port), undefined, 30))).toBe(Code.DeadlineExceeded);
    await expect.poll(() => seen.resets).toEqual([CANCEL]);
  });

  it("ends when its signal is aborted, with the reason as cause", async () => {
    const { port, seen } = await serve(silent);
    const controller = new AbortController();
    const call = ask(transportTo(port), controller.signal);
    await expect.poll(() => seen.streams).toBe(1);
    controller.abort("enough");
    await expect(call).rejects.toMatchObject({ code: Code.Canceled, cause: "enough" });
    await expect.poll(() => seen.resets).toEqual([CANCEL]);
  });

  it("never begins when its signal was aborted before", async () => {
    const { port } = await serve(silent);
    expect(await codeOf(ask(transportTo(port), AbortSignal.abort()))).toBe(Code.Canceled);
  });

  it("states its deadline in eight digits", () => {
    expect([0.2, 1, 99_999_999, 1e8, 1e12].map(grpcTimeout)).toEqual(["1m", "1m", "99999999m", "100000S", "99999999S"]);
  });
});

describe("connections", () => {
  it("are kept, and shared by a thousand calls", async () => {
    const { port, seen } = await serve();
    const transport = transportTo(port);
    await Promise.all(Array.from({ length: 1000 }, () => ask(transport)));
    expect(seen).toMatchObject({ streams: 1000, sessions: 1 });
  });

  it("may be several", async () => {
    const { port, seen } = await serve();
    const transport = createTestTransport({ address: `127.0.0.1:${port}`, connections: 3 });
    closers.push(() => transport.close());
    await Promise.all(Array.from({ length: 9 }, () => ask(transport)));
    expect(seen).toMatchObject({ streams: 9, sessions: 3 });
  });

  it("may end at any time without failing a call, as long as the client retries", async () => {
    // Each connection must live long enough for one call. Otherwise every attempt could fail on a busy machine.
    const used = new Set<NonNullable<ServerHttp2Stream["session"]>>();
    const { port, seen } = await serve((stream) => {
      setTimeout(() => {
        succeed(stream);
        if (stream.session !== undefined) used.add(stream.session);
      }, 2);
    });
    const client = createGrep11Client(transportTo(port), { retry: { attempts: 8, baseDelayMs: 5 } });
    const until = performance.now() + 600;
    let answered = 0;
    const goAway = setInterval(() => {
      for (const session of used) session.close();
      used.clear();
    }, 15);
    const callers = Array.from({ length: 20 }, async () => {
      while (performance.now() < until) {
        expect((await client.generateRandom({ len: 4 })).rnd).toHaveLength(4);
        answered++;
      }
    });
    await Promise.all(callers);
    clearInterval(goAway);
    expect(seen.sessions).toBeGreaterThan(5);
    expect(answered).toBeGreaterThan(20);
  });

  it("are closed when the server no longer acknowledges pings", async () => {
    const { port } = await serve((stream) => stream.resume());
    const proxy = await deafProxy(port);
    const keepalive = { intervalMs: 40, timeoutMs: 40 };
    const pool = new Pool({
      origins: [`http://127.0.0.1:${proxy.port}`],
      connections: 1,
      create: (origin) => new Http2Connection({ origin, tls: {}, keepalive }),
    });
    closers.push(() => pool.close());
    const transport = createUnary(pool, { auth: undefined, readMaxBytes: 1000 });
    const call = transport.unary(wire.Crypto.method.generateRandom, undefined, undefined, undefined, {});
    await expect.poll(() => proxy.passed()).toBeGreaterThan(0);
    proxy.deafen();
    expect(await codeOf(call)).toBe(Code.Unavailable);
  });

  it("carry streaming calls too", async () => {
    const { port } = await serve(
      reply({ body: [encodeEnvelope(0, Uint8Array.of(8, 2)), encodeEnvelope(0, Uint8Array.of(8, 1))] }),
    );
    const seen: number[] = [];
    const answer = await transportTo(port).stream(
      health.Health.method.watch,
      undefined,
      undefined,
      undefined,
      only({}),
    );
    for await (const { status } of answer.message) seen.push(status);
    expect(seen).toEqual([2, 1]);
  });
});

describe("several servers", () => {
  it("are used in turn", async () => {
    const servers = [await serve(), await serve(), await serve()];
    const transport = transportTo(...servers.map(({ port }) => port));
    for (let i = 0; i < 9; i++) await ask(transport);
    expect(servers.map(({ seen }) => seen.streams)).toEqual([3, 3, 3]);
  });

  it("are left out while they are unavailable, and used again afterwards", async () => {
    const [stays, goes] = [await serve(), await serve()];
    const client = createGrep11Client(transportTo(stays.port, goes.port), { retry: { baseDelayMs: 1 } });
    for (let i = 0; i < 4; i++) await client.generateRandom({ len: 4 });
    goes.stop();
    const before = stays.seen.streams;
    for (let i = 0; i < 10; i++) await client.generateRandom({ len: 4 });
    expect(stays.seen.streams - before).toBe(10);
    const back = await serve(succeed, goes.port);
    await expect
      .poll(() => client.generateRandom({ len: 4 }).then(() => back.seen.streams), { timeout: 10_000 })
      .toBeGreaterThan(0);
  });

  it("are left out when they return UNAVAILABLE", async () => {
    const sealed = await serve(reply({ body: [], trailers: { "grpc-status": "14", "grpc-message": "sealed" } }));
    const open = await serve();
    const client = createGrep11Client(transportTo(sealed.port, open.port), { retry: { baseDelayMs: 1 } });
    for (let i = 0; i < 10; i++) await client.generateRandom({ len: 4 });
    expect(sealed.seen.streams).toBe(1);
  });

  it("are called all the same when all are unavailable", async () => {
    const gone = [await serve(), await serve()];
    for (const { stop } of gone) stop();
    const transport = transportTo(...gone.map(({ port }) => port));
    const client = createGrep11Client(transport, { retry: { attempts: 3, baseDelayMs: 1 } });
    for (let i = 0; i < 3; i++) {
      await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject({ rv: ck.CKR_DEVICE_REMOVED, retry: true });
    }
    const back = await serve(succeed, gone[0]!.port);
    await expect.poll(() => codeOf(ask(transport)), { timeout: 10_000 }).toBeUndefined();
    expect(back.seen.streams).toBeGreaterThan(0);
  });
});

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** Starts a TCP proxy. It can stop forwarding in both directions, like a network that has lost a route. */
async function deafProxy(port: number) {
  let deaf = false;
  let passed = 0;
  const sockets: Socket[] = [];
  const proxy = createTcpServer((near) => {
    const far = tcpConnect(port, "127.0.0.1");
    sockets.push(near, far);
    const pass = (from: Socket, to: Socket) => {
      from.on("error", () => undefined);
      from.on("data", (chunk) => {
        passed += chunk.length;
        if (!deaf) to.write(chunk);
      });
    };
    pass(near, far);
    pass(far, near);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  closers.push(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (proxy.address() as AddressInfo).port,
    passed: () => passed,
    deafen: () => {
      deaf = true;
    },
  };
}
