import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { wire } from "@grep11/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import { cpuMs } from "../../test/usage.ts";
import type { Grep11Server } from "../options.ts";

const MIB = 1024 * 1024;
const { ep11, calls } = createDouble({
  encryptSingle: async ({ plain }) => ({ ciphered: plain.subarray(0, 1) }),
  unwrapKey: async () => {
    throw new Error("no such template may arrive here");
  },
});
let server: Grep11Server;
let port: number;
let raw: RawGrpc;

beforeAll(async () => {
  server = createTestServer({ ep11, idleTimeoutMs: 60_000, maxConnections: 20 });
  port = (await server.listen({ port: 0 })).port;
  raw = new RawGrpc(`http://127.0.0.1:${port}`);
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(async () => {
  raw.close();
  await server.close({ graceMs: 0 });
});

/** Encodes `content` as the length-delimited field `number` of a message. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = content.length; rest > 0 || length.length === 0; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) | (rest >= 128 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}

/**
 * Returns an encoded map field `number` with as many of the smallest entries as fit into `bytes` bytes. Each entry has
 * a different key and has 6 bytes after its header.
 */
function mapEntries(number: number, bytes: number): Buffer {
  const entries = Array.from({ length: Math.floor(bytes / 8) }, (_, key) =>
    field(number, Buffer.from([8, (key & 127) | 128, ((key >> 7) & 127) | 128, key >> 14])),
  );
  return Buffer.concat(entries);
}

const status = (answer: Awaited<ReturnType<RawGrpc["call"]>>) =>
  ({ ...answer.headers, ...answer.trailers })["grpc-status"];

describe("sizes", () => {
  it("of data may be at most 4 MiB", async () => {
    const call = (size: number) =>
      raw.call(
        "EncryptSingle",
        envelope(
          toBinary(
            wire.EncryptSingleRequestSchema,
            create(wire.EncryptSingleRequestSchema, { Mech: { Mechanism: 1n }, Plain: new Uint8Array(size) }),
          ),
        ),
      );
    expect(status(await call(4 * MIB - 100))).toBe("0");
    expect(status(await call(4 * MIB))).toBe(String(Code.ResourceExhausted));
    expect(calls).toHaveLength(1);
  });

  it("without data may be at most 64 KiB", async () => {
    expect(status(await raw.call("GenerateKey", envelope(Buffer.alloc(65_536 + 1))))).toBe(
      String(Code.ResourceExhausted),
    );
  });

  it("are refused by the announced length before the body arrives", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/grep11.Crypto/GenerateRandom`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"Len": "${"1".repeat(MIB)}"}`,
    });
    expect(response.status).toBe(429);
  });
});

describe("a message that is slow to parse", () => {
  it.each<[string, string, () => Buffer]>([
    ["a template of 4 MiB", "UnwrapKey", () => mapEntries(9, 4 * MIB - 10)],
    ["an older template of 4 MiB", "UnwrapKey", () => mapEntries(6, 4 * MIB - 10)],
    ["a key envelope of 4 MiB", "EncryptSingle", () => field(5, mapEntries(4, 4 * MIB - 20))],
    ["200,000 nested groups", "EncryptSingle", () => Buffer.alloc(200_000, 0xa3)],
    ["a million empty fields", "EncryptSingle", () => Buffer.alloc(2_000_000, Buffer.from([0x1a, 0]))],
    ["a million varints under a data field", "EncryptSingle", () => Buffer.alloc(2_000_000, Buffer.from([0x18, 0]))],
  ])("is refused before it is parsed: %s", async (_, rpc, body) => {
    const message = envelope(body());
    const ms = await cpuMs(async () => expect(status(await raw.call(rpc, message))).toMatch(/^[28]$/));
    expect(ms).toBeLessThan(500);
    expect(calls).toHaveLength(0);
  });

  it.each([
    ["nested arrays", "[".repeat(MIB)],
    ["a large template", `{"Template": {${Array.from({ length: 200_000 }, (_, i) => `"${i}":{}`).join()}}}`],
    ["a large list", `{"Kek": {"KeyBlobs": [${'"",'.repeat(500_000)}""]}}`],
  ])("is refused in JSON before it is parsed: %s", async (_, body) => {
    const ms = await cpuMs(async () => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`http://127.0.0.1:${port}/grep11.Crypto/UnwrapKey`, {
        method: "POST",
        headers,
        body,
      });
      expect(response.status).toBe(429);
    });
    expect(ms).toBeLessThan(500);
  });

  it("is not inflated if the header names no compression", async () => {
    expect(status(await raw.call("EncryptSingle", envelope(gzipSync(Buffer.alloc(40 * MIB)), 1)))).toBe("2");
  });
});

describe("a misbehaving client", () => {
  it("aborts its call by disconnecting", async () => {
    let aborted: Promise<unknown> | undefined;
    const other = createDouble({
      digest: (_, options) => {
        aborted = new Promise((resolve) => options?.signal?.addEventListener("abort", resolve));
        return new Promise(() => undefined);
      },
    });
    const waiting = createTestServer({ ep11: other.ep11 });
    const client = new RawGrpc(`http://127.0.0.1:${(await waiting.listen({ port: 0 })).port}`);
    const call = client.call("Digest", envelope(Buffer.alloc(0)));
    call.catch(() => undefined);
    await expect.poll(() => other.calls.length).toBe(1);
    expect(waiting.inFlight).toBe(1);
    client.close();
    await aborted;
    await expect.poll(() => waiting.inFlight).toBe(0);
    await waiting.close({ graceMs: 0 });
  });

  it("gets a timeout for a body that never ends", async () => {
    const impatient = createTestServer({ ep11, bodyTimeoutMs: 300 });
    const client = new RawGrpc(`http://127.0.0.1:${(await impatient.listen({ port: 0 })).port}`);
    const stream = client.session.request({
      ":method": "POST",
      ":path": "/grep11.Crypto/Sign",
      "content-type": "application/grpc",
    });
    stream.write(envelope(Buffer.alloc(100)).subarray(0, 50));
    const trailers = await new Promise<Record<string, unknown>>((resolve) => {
      stream.on("response", () => undefined);
      stream.on("trailers", resolve);
    });
    expect(trailers["grpc-message"]).toBe("CKR_IBM_REQ_TIMEOUT");
    client.close();
    await impatient.close({ graceMs: 0 });
  });

  it.each([
    ["garbage", Buffer.alloc(1000, 0xee)],
    ["half a preface", Buffer.from("PRX * HTTP/2.0\r\n\r\n")],
    [
      "a preface followed by garbage",
      Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.alloc(100, 0xee)]),
    ],
    ["headers without an end", Buffer.from(`POST / HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(20_000)}`)],
  ])("ends its connection but not the server by %s", async (_, bytes) => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(status(await raw.call("GenerateRandom", envelope(Buffer.from([8, 1]))))).toBe("0");
  });

  it("may send the HTTP/2 preface byte by byte", async () => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.setNoDelay(true);
    for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
      socket.write(byte);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    expect(first[3]).toBe(4);
    socket.destroy();
  });

  it("ends its connection by rapid resets", async () => {
    const client = new RawGrpc(`http://127.0.0.1:${port}`);
    const gone = new Promise((resolve) => client.session.once("close", resolve));
    for (let i = 0; i < 400 && !client.session.closed; i++) {
      const stream = client.session.request({ ":method": "POST", ":path": "/grep11.Crypto/Sign" });
      stream.on("error", () => undefined);
      stream.close(8);
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await gone;
    expect(calls.length).toBeLessThan(5);
  });

  it("cannot open more connections than allowed", async () => {
    const sockets = Array.from({ length: 30 }, () =>
      connectTcp(port, "127.0.0.1")
        .on("error", () => undefined)
        .resume(),
    );
    const closed = () => sockets.filter((socket) => socket.closed).length;
    await expect.poll(closed).toBeGreaterThanOrEqual(10);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => status(await raw.call("GenerateRandom", envelope(Buffer.from([8, 1]))))).toBe("0");
  });
});
