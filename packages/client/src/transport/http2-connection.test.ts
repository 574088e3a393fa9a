import { execFile } from "node:child_process";
import { once } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { promisify } from "node:util";
import * as ck from "@grep11/cryptoki";
import { ServerConnection } from "@grep11/http2";
import { describe, expect, it } from "vitest";
import { type Answer, ask, closers, codeOf, serve, succeed, transportTo } from "../../test/grpc-server.ts";
import { createTestTransport } from "../../test/transport.ts";
import { createGrep11Client } from "../client.ts";
import { createUnary } from "./grpc-transport.ts";
import { Http2Connection } from "./http2-connection.ts";
import { Pool } from "./pool.ts";

const CANCEL = 8;
const REFUSED_STREAM = 7;
const ENHANCE_YOUR_CALM = 11;

/** Creates a handler that only collects the streams, so that the test can respond later. */
function holding() {
  const streams: ServerHttp2Stream[] = [];
  return { streams, hold: (stream: ServerHttp2Stream) => void streams.push(stream) };
}

/** Returns a client that does not repeat failed calls. */
const single = (transport: ReturnType<typeof transportTo>) => createGrep11Client(transport, { retry: { attempts: 1 } });

describe("calls beyond the server's limit of streams", () => {
  it("wait, and start in order as streams close", async () => {
    const { streams, hold } = holding();
    const { port, seen } = await serve(hold, 0, { maxConcurrentStreams: 2 });
    const transport = transportTo(port);
    const first = ask(transport);
    await expect.poll(() => streams).toHaveLength(1);
    succeed(streams[0]!);
    await first;
    const calls = Array.from({ length: 6 }, () => ask(transport));
    for (let count = 3; count <= 7; count += 2) {
      await expect.poll(() => seen.streams).toBe(count);
      for (const stream of streams.slice(count - 2)) succeed(stream);
    }
    await Promise.all(calls);
    expect(seen).toMatchObject({ streams: 7, sessions: 1 });
    expect(seen.resets).toEqual(Array(7).fill(0));
  });

  it("are never sent when they are given up before", async () => {
    const { streams, hold } = holding();
    const { port, seen } = await serve(hold, 0, { maxConcurrentStreams: 1 });
    const transport = transportTo(port);
    const running = ask(transport);
    await expect.poll(() => streams).toHaveLength(1);
    const controller = new AbortController();
    const waiting = [ask(transport, controller.signal), ask(transport, undefined, 30), ask(transport)];
    controller.abort();
    expect(await Promise.all(waiting.slice(0, 2).map(codeOf))).toEqual([1, 4]);
    succeed(streams[0]!);
    await running;
    await expect.poll(() => streams).toHaveLength(2);
    succeed(streams[1]!);
    await waiting[2];
    expect(seen.streams).toBe(2);
  });

  it("move to a new connection when the server ends the one for which they wait", async () => {
    const { streams, hold } = holding();
    const { port, seen } = await serve(hold, 0, { maxConcurrentStreams: 1 });
    const transport = transportTo(port);
    const running = ask(transport);
    await expect.poll(() => streams).toHaveLength(1);
    const waiting = ask(transport);
    streams[0]!.session!.goaway(0, streams[0]!.id!);
    await expect.poll(() => streams).toHaveLength(2);
    expect(seen.sessions).toBe(2);
    for (const stream of streams) succeed(stream);
    expect((await running).message.Rnd).toHaveLength(4);
    expect((await waiting).message.Rnd).toHaveLength(4);
  });
});

describe("a call that the server has not processed", () => {
  it("is sent once more after REFUSED_STREAM, before the client's own retries", async () => {
    let left = 1;
    const refuse: Answer = (stream) => (left-- > 0 ? stream.close(REFUSED_STREAM) : succeed(stream));
    const { port, seen } = await serve(refuse);
    const client = single(transportTo(port));
    expect((await client.generateRandom({ len: 4 })).rnd).toHaveLength(4);
    expect(seen.streams).toBe(2);
    left = 2;
    await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject({
      rv: ck.CKR_DEVICE_REMOVED,
      retry: true,
      message: expect.stringContaining("REFUSED_STREAM"),
    });
    expect(seen.streams).toBe(4);
  });

  it("is sent over a new connection after GOAWAY, while those processed end on the old one", async () => {
    const { streams, hold } = holding();
    const { port, seen } = await serve(hold);
    const client = single(transportTo(port));
    const calls = [1, 2, 3].map((len) => client.generateRandom({ len }));
    await expect.poll(() => streams).toHaveLength(3);
    streams[0]!.session!.goaway(0, streams[0]!.id!);
    await expect.poll(() => streams).toHaveLength(5);
    expect(seen.sessions).toBe(2);
    for (const stream of [streams[0]!, ...streams.slice(3)]) succeed(stream);
    for (const { rnd } of await Promise.all(calls)) expect(rnd).toHaveLength(4);
  });

  it("is not sent again when its response had begun before REFUSED_STREAM", async () => {
    let streams = 0;
    const server = createTcpServer((socket) => {
      const write = (): void => {
        for (let chunks = http2.take(); chunks.length > 0; chunks = http2.take()) socket.write(Buffer.concat(chunks));
      };
      const http2: ServerConnection = new ServerConnection({
        output: () => void setImmediate(write),
        request: (stream) => {
          streams += 1;
          stream.respond([":status", "200", "content-type", "application/grpc"]);
          setImmediate(() => stream.reset(REFUSED_STREAM));
          return { data() {}, end() {}, closed() {} };
        },
      });
      http2.start();
      socket.on("data", (bytes) => http2.receive(bytes, performance.now()));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => server.close());
    const client = single(transportTo((server.address() as AddressInfo).port));
    await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject({ retry: true });
    expect(streams).toBe(1);
  });

  it("is not sent again after CANCEL, since it may have been processed", async () => {
    const { port, seen } = await serve((stream) => stream.close(CANCEL));
    await expect(single(transportTo(port)).generateRandom({ len: 4 })).rejects.toMatchObject({ retry: true });
    expect(seen.streams).toBe(1);
  });
});

describe("a connection", () => {
  it("that ends with ENHANCE_YOUR_CALM says so for each call", async () => {
    const { port } = await serve((stream) => {
      stream.session!.goaway(ENHANCE_YOUR_CALM, stream.id!);
      setTimeout(() => stream.session?.destroy(), 20);
    });
    const client = single(transportTo(port));
    const expected = {
      rv: ck.CKR_DEVICE_MEMORY,
      retry: true,
      message: expect.stringContaining("ENHANCE_YOUR_CALM"),
    };
    await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject(expected);
  });

  it("is kept by many pings while a call takes long", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning);
    process.on("warning", warned);
    closers.push(() => process.off("warning", warned));
    let pings = 0;
    const { port } = await serve((stream) => {
      stream.session!.on("ping", () => {
        if (++pings === 15) succeed(stream);
      });
    });
    const keepalive = { intervalMs: 5, timeoutMs: 10_000 };
    const pool = new Pool({
      origins: [`http://127.0.0.1:${port}`],
      connections: 1,
      create: (origin) => new Http2Connection({ origin, tls: {}, keepalive }),
    });
    closers.push(() => pool.close());
    const transport = createUnary(pool, { auth: undefined, readMaxBytes: 1000 });
    expect((await ask(transport)).message.Rnd).toHaveLength(4);
    expect(warnings).toEqual([]);
  });

  it("that is closed by its owner fails its calls for good", async () => {
    const { streams, hold } = holding();
    const { port, seen } = await serve(hold, 0, { maxConcurrentStreams: 1 });
    const transport = transportTo(port);
    const client = createGrep11Client(transport);
    const calls = [client.generateRandom({ len: 4 })];
    await expect.poll(() => streams).toHaveLength(1);
    calls.push(client.generateRandom({ len: 4 }));
    transport.close();
    const failure = { status: "rejected", reason: { rv: ck.CKR_FUNCTION_CANCELED, retry: false } };
    expect(await Promise.allSettled(calls)).toMatchObject([failure, failure]);
    const next = client.generateRandom({ len: 4 });
    await expect.poll(() => streams).toHaveLength(2);
    succeed(streams[1]!);
    expect((await next).rnd).toHaveLength(4);
    expect(seen).toMatchObject({ streams: 2, sessions: 2 });
  });

  it("carries no header that HTTP forbids", async () => {
    const { port, seen } = await serve();
    const transport = createTestTransport({ address: `127.0.0.1:${port}`, auth: "one\r\nx-two: 2" });
    closers.push(() => transport.close());
    const client = createGrep11Client(transport);
    await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject({
      rv: ck.CKR_ARGUMENTS_BAD,
      message: expect.not.stringContaining("x-two"),
    });
    expect(seen.streams).toBe(0);
    expect((await single(transportTo(port)).generateRandom({ len: 4 })).rnd).toHaveLength(4);
  });

  it("that cannot be opened, because the TLS options are not valid, fails each request once", () => {
    const failures: unknown[] = [];
    const connection = new Http2Connection({
      origin: "https://127.0.0.1:1",
      tls: { cert: "not a certificate" },
      keepalive: { intervalMs: 30_000, timeoutMs: 10_000 },
    });
    for (let count = 1; count <= 2; count++) {
      const call = { fields: [], begun() {}, data() {}, end() {}, closed() {} };
      connection.send({ ...call, failed: (error) => void failures.push(error) });
      expect(failures).toHaveLength(count);
    }
    expect(failures).toMatchObject(Array(2).fill({ code: "ERR_OSSL_PEM_NO_START_LINE" }));
  });

  it("to a server that breaks HTTP/2 is given up, and the next call opens another", async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections++;
      socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => server.close());
    const client = single(transportTo((server.address() as AddressInfo).port));
    for (const count of [1, 2]) {
      await expect(client.generateRandom({ len: 4 })).rejects.toMatchObject({
        rv: ck.CKR_DEVICE_REMOVED,
        retry: true,
        cause: { cause: { code: "ERR_HTTP2_ERROR" } },
      });
      expect(connections).toBe(count);
    }
  });

  it("that is idle lets the program end, and one with a call does not", async () => {
    const { port } = await serve((stream) => void setTimeout(() => succeed(stream), 300));
    const program = `
      const { createGrpcTransport } = await import(${JSON.stringify(new URL("../node.ts", import.meta.url).href)});
      const { createGrep11Client } = await import(${JSON.stringify(new URL("../client.ts", import.meta.url).href)});
      const client = createGrep11Client(createGrpcTransport({ address: "127.0.0.1:${port}" }));
      client.generateRandom({ len: 4 }).then(({ rnd }) => console.log(rnd.length));`;
    const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
    expect(stdout).toBe("4\n");
  });
});
