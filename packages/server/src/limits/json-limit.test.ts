/**
 * Tests the limit on JSON messages. It is lower than the limit on binary messages, because JSON takes several times the
 * time and memory.
 */
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { codecs } from "@grep11/proto";
import { afterEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { sendHttp1 } from "../../test/raw-http1.ts";
import { createTestServer } from "../../test/server.ts";
import type { Grep11Server, Grep11ServerOptions } from "../options.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
let server: Grep11Server;
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  await server.close({ graceMs: 0 });
});

async function listen(options: Partial<Grep11ServerOptions> = {}) {
  const double = createDouble({ encryptSingle: async ({ plain }) => ({ ciphered: plain }) });
  server = createTestServer({ ep11: double.ep11, ...options });
  const { port } = await server.listen({ port: 0 });
  return { port, calls: double.calls };
}

/** Returns an EncryptSingle request whose JSON has exactly `bytes` bytes. */
function encryptOf(bytes: number): string {
  const frame = (plain: string) => `{"Mech":{"Mechanism":"1"},"KeyBytes":"AQ==","Plain":"${plain}"}`;
  const left = bytes - frame("").length;
  return frame("A".repeat(left - (left % 4))).padEnd(bytes);
}

/** Returns `head` and `tail` with as many copies of `filler` in between as fit into `bytes` bytes. */
const fill = (head: string, tail: string, filler: string, bytes = 128 * KIB): string =>
  head + filler.repeat(Math.floor((bytes - head.length - tail.length) / filler.length)) + tail;

async function post(port: number, rpc: string, body: string, type = "application/json") {
  const path = rpc.startsWith("/") ? rpc : `/grep11.Crypto/${rpc}`;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  return { status: response.status, text: await response.text() };
}

/** Sends a JSON message in an envelope and returns the gRPC status of the response. */
async function send(port: number, type: string, rpc: string, json: string): Promise<string | undefined> {
  const client = new RawGrpc(`http://127.0.0.1:${port}`);
  const framed = envelope(Buffer.from(json));
  const isText = type.includes("-text");
  const { headers, trailers, body } = await client.send({
    path: rpc,
    headers: { "content-type": type },
    body: [isText ? Buffer.from(framed.toString("base64")) : framed],
  });
  client.close();
  const frames = isText ? Buffer.from(body.toString("latin1"), "base64") : body;
  const inBody = /grpc-status: (\d+)/.exec(frames.toString("latin1"));
  return (headers["grpc-status"] ?? trailers["grpc-status"] ?? inBody?.[1]) as string | undefined;
}

const FRAMED = ["application/grpc+json", "application/grpc-web+json", "application/grpc-web-text+json"];

describe("a JSON message", () => {
  it("may have at most 1 MiB by default", async () => {
    const { port, calls } = await listen();
    expect(await post(port, "EncryptSingle", encryptOf(MIB))).toMatchObject({ status: 200 });
    const refused = await post(port, "EncryptSingle", encryptOf(MIB + 1));
    expect(refused.status).toBe(429);
    expect(JSON.parse(refused.text)).toMatchObject({ code: "resource_exhausted", message: "CKR_IBM_TRANSPORT_LIMIT" });
    expect(refused.text).toContain("send a larger message as binary protobuf");
    expect(calls).toHaveLength(1);
  });

  it.each(FRAMED)("has the same limit in %s", async (type) => {
    const { port } = await listen();
    expect(await send(port, type, "EncryptSingle", encryptOf(MIB))).toBe("0");
    expect(await send(port, type, "EncryptSingle", encryptOf(MIB + 1))).toBe("8");
  });

  it.each([
    ["space", (bytes: number) => encryptOf(1000).padEnd(bytes)],
    ["escaped base64", (bytes: number) => fill('{"Mech":{"Mechanism":"1"},"Plain":"', '"}', "\\u0041", bytes)],
    ["an unknown field", (bytes: number) => fill('{"Mech":{"Mechanism":"1"},"x":"', '"}', "A", bytes)],
  ])("may have at most 128 KiB of %s", async (_, bodyOf) => {
    const { port, calls } = await listen({ maxJsonBytes: 4 * MIB });
    expect(await post(port, "EncryptSingle", bodyOf(128 * KIB))).toMatchObject({ status: 200 });
    const refused = await post(port, "EncryptSingle", bodyOf(129 * KIB));
    expect(refused.status).toBe(429);
    expect(refused.text).toContain("CKR_IBM_TRANSPORT_LIMIT");
    expect(calls).toHaveLength(1);
  });

  it("that is malformed gets the error for that, however long its base64 is", async () => {
    const { port } = await listen();
    for (const body of [encryptOf(900 * KIB).replace(/}\s*$/, ""), encryptOf(900 * KIB).replace('"1"', '"x"')]) {
      const { text } = await post(port, "EncryptSingle", body);
      expect(JSON.parse(text)).toMatchObject({ message: "CKR_IBM_GREP11_CANNOT_UNMARSHAL" });
    }
  });

  it("has the limit of its RPC if that is lower", async () => {
    const { port } = await listen();
    expect(await post(port, "GenerateRandom", `{"Len":4}`.padEnd(64 * KIB))).toMatchObject({ status: 200 });
    expect(await post(port, "GenerateRandom", `{"Len":4}`.padEnd(64 * KIB + 1))).toMatchObject({ status: 429 });
  });

  it("may be given a higher or lower limit", async () => {
    const { port } = await listen({ maxJsonBytes: 3 * MIB });
    expect(await post(port, "EncryptSingle", encryptOf(3 * MIB))).toMatchObject({ status: 200 });
    await server.close({ graceMs: 0 });
    const small = await listen({ maxJsonBytes: 100 });
    expect(await post(small.port, "EncryptSingle", encryptOf(101))).toMatchObject({ status: 429 });
  });

  it("is refused if it turns out to be too large", async () => {
    const { port, calls } = await listen();
    const body = encryptOf(3 * MIB);
    const head =
      "POST /grep11.Crypto/EncryptSingle HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n";
    const chunked = `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    expect((await sendHttp1(port, chunked)).status).toBe(429);
    expect(calls).toHaveLength(0);
  });

  it.each([MIB + 1, 4_000_000])("is refused as a response of %i bytes", async (Len) => {
    const { port } = await listen();
    const answer = await post(port, "GenerateRandom", JSON.stringify({ Len }));
    expect(answer.status).toBe(429);
    expect(answer.text).toContain("too large for JSON");
  });

  it("does not lower the limit of binary messages", async () => {
    const { port } = await listen();
    const message = codecs.encryptSingle.request.serialise(
      codecs.encryptSingle.request.encode({
        mech: { mechanism: 1 },
        plain: new Uint8Array(3 * MIB),
        key: Uint8Array.of(1),
      }),
    );
    const response = await fetch(`http://127.0.0.1:${port}/grep11.Crypto/EncryptSingle`, {
      method: "POST",
      headers: { "content-type": "application/proto" },
      body: Buffer.from(message),
    });
    expect(response.status).toBe(200);
  });
});

describe("where JSON is turned off", () => {
  it.each(["application/json", "application/json; charset=utf-8", "application/connect+json"])(
    "%s gets 415, for calls and health checks alike",
    async (type) => {
      const { port, calls } = await listen({ maxJsonBytes: false });
      for (const rpc of ["GenerateRandom", "/grpc.health.v1.Health/Check"]) {
        const answer = await post(port, rpc, "{}", type);
        expect(answer.status).toBe(415);
        expect(JSON.parse(answer.text)).toMatchObject({ code: "unimplemented", message: "CKR_FUNCTION_NOT_SUPPORTED" });
        expect(answer.text).toContain("does not accept JSON");
      }
      expect(calls).toHaveLength(0);
    },
  );

  it.each(FRAMED)("%s is UNIMPLEMENTED", async (type) => {
    const { port } = await listen({ maxJsonBytes: false });
    expect(await send(port, type, "GenerateRandom", "{}")).toBe("12");
  });

  it("binary messages are served", async () => {
    const { port } = await listen({ maxJsonBytes: false });
    const client = new RawGrpc(`http://127.0.0.1:${port}`);
    expect((await client.call("GenerateRandom", envelope(Buffer.from([8, 1])))).trailers["grpc-status"]).toBe("0");
    client.close();
  });
});

describe("the memory of JSON", () => {
  it("counts 8 times its size in the budget for requests, until the call ends", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { port } = await listen({
      maxPendingBytes: 64 * MIB,
      ep11: createDouble({
        encryptSingle: async ({ plain }) => {
          await gate;
          return { ciphered: plain.subarray(0, 1) };
        },
      }).ep11,
    });
    // Each of these calls counts as 8 MiB, and all callers without a principal together may use 32 MiB. So four calls
    // use up the memory.
    const body = encryptOf(MIB);
    const kept = Array.from({ length: 4 }, () => post(port, "EncryptSingle", body));
    await expect.poll(() => server.inFlight).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const refused = await post(port, "EncryptSingle", body);
    expect(refused.status).toBe(429);
    expect(refused.text).toContain("CKR_DEVICE_MEMORY");
    open();
    for (const answer of await Promise.all(kept)) expect(answer.status).toBe(200);
    await expect.poll(async () => (await post(port, "EncryptSingle", body)).status).toBe(200);
  });
});

/** Sends `request` repeatedly from another thread, so that this thread only spends time on the server. */
const SENDER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { connect } = require("node:net");
  parentPort.on("message", () => {
    const socket = connect(workerData.port, "127.0.0.1");
    socket.resume().once("close", () => parentPort.postMessage("done"));
    socket.write(Buffer.from(workerData.request));
  });
`;

const WORST: [string, string, string][] = [
  ["base64", "EncryptSingle", encryptOf(MIB)],
  ["base64 with a space", "EncryptSingle", encryptOf(128 * KIB).replace("AAA", "A A")],
  ["base64 in an unknown field", "EncryptSingle", fill('{"x":"', '"}', "A")],
  ["quotes", "EncryptSingle", fill('{"x":"', "", '"', MIB)],
  ["escaped base64", "EncryptSingle", fill('{"Mech":{"Mechanism":"1"},"Plain":"', '"}', "\\u0041")],
  ["one integer", "EncryptSingle", fill('{"Mech":{"Mechanism":"', '"}}', "1")],
  [
    "integers of 16,000 digits",
    "EncryptSingle",
    fill('{"Key":{"Attributes":{"1":{}', "}}}", `,"${"1".repeat(16_000)}":{}`),
  ],
  [
    "attributes",
    "EncryptSingle",
    fill('{"Key":{"Attributes":{"1":{}', "}}}", `,"2":{"AttributeB":"${"A".repeat(600)}"}`),
  ],
  ["brackets", "EncryptSingle", fill("", "", "[")],
  ["space", "EncryptSingle", encryptOf(1000).padEnd(128 * KIB)],
  ["3 MB", "EncryptSingle", encryptOf(3_000_000)],
  ["the largest response", "GenerateRandom", JSON.stringify({ Len: MIB - 8 })],
  ["a response that is too large", "GenerateRandom", JSON.stringify({ Len: 4_000_000 })],
];

describe("the time of JSON on the main thread", () => {
  // The test limits how much processor time this thread takes. It is at most 10 ms on an idle machine, and more if the
  // cores are shared.
  it.each(WORST)("is short for %s", async (_, rpc, body) => {
    const { port } = await listen();
    const request = `POST /grep11.Crypto/${rpc} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const worker = new Worker(SENDER, { eval: true, workerData: { port, request } });
    endings.push(() => worker.terminate());
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 12; i += 1) {
      const before = process.threadCpuUsage();
      worker.postMessage("go");
      await new Promise((resolve) => worker.once("message", resolve));
      const { user, system } = process.threadCpuUsage(before);
      best = Math.min(best, (user + system) / 1_000);
    }
    expect(best).toBeLessThan(40);
  });

  it("does not slow down another caller beside eight that send as much as they may", async () => {
    const { port } = await listen();
    const request = `POST /grep11.Crypto/EncryptSingle HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${MIB}\r\n\r\n${encryptOf(MIB)}`;
    const workers = Array.from({ length: 2 }, () => new Worker(SENDER, { eval: true, workerData: { port, request } }));
    let over = false;
    for (const worker of workers) {
      worker.on("message", () => over || worker.postMessage("go"));
      for (let lane = 0; lane < 4; lane += 1) worker.postMessage("go");
      endings.push(() => worker.terminate());
    }
    const client = new RawGrpc(`http://127.0.0.1:${port}`);
    const times: number[] = [];
    for (let i = 0; i < 60; i += 1) {
      const began = performance.now();
      expect((await client.call("GenerateRandom", envelope(Buffer.from([8, 1])))).trailers["grpc-status"]).toBe("0");
      times.push(performance.now() - began);
    }
    over = true;
    client.close();
    times.sort((a, b) => a - b);
    expect(times[56]).toBeLessThan(500);
  });
});
