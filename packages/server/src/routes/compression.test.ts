/** Tests compressed requests over every protocol, and the limits on them. */

import { connect as connectTcp } from "node:net";
import { constants, deflateSync, gzipSync } from "node:zlib";
import { codecs } from "@grep11/proto";
import { credentials, Client as GrpcClient } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import { cpuMs, liveBytes } from "../../test/usage.ts";
import type { Grep11Server } from "../options.ts";

const MIB = 1024 * 1024;
const { ep11, calls } = createDouble({
  encryptSingle: async ({ plain }) => ({ ciphered: Uint8Array.of(plain.length & 255) }),
});
let server: Grep11Server;
let port: number;
let guardedPort: number;
let client: RawGrpc;

beforeAll(async () => {
  server = createTestServer({ ep11 });
  port = (await server.listen({ port: 0 })).port;
  guardedPort = (
    await server.listen({ port: 0, bearer: (token) => (token === "good" ? { name: "alice" } : undefined) })
  ).port;
  client = new RawGrpc(`http://127.0.0.1:${port}`);
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(async () => {
  client.close();
  await server.close({ graceMs: 0 });
});

const encryptOf = (size: number) =>
  codecs.encryptSingle.request.serialise(
    codecs.encryptSingle.request.encode({ mech: { mechanism: 1 }, plain: new Uint8Array(size), key: Uint8Array.of(1) }),
  );

/**
 * Returns a gzip file that decompresses to `size` zeros. It consists of many members, which are decompressed one after
 * the other (RFC 1952 section 2.2).
 */
function bombOf(size: number): Buffer {
  const member = gzipSync(Buffer.alloc(16 * MIB), { level: constants.Z_BEST_COMPRESSION });
  return Buffer.concat(Array.from({ length: size / (16 * MIB) }, () => member));
}

interface Answer {
  /** The gRPC code or, in Connect, the name of the code. It is "0" or "ok" if the call succeeded. */
  readonly code: unknown;
  readonly rv: string | undefined;
  /** The value of the header that lists the encodings that the server accepts. */
  readonly accepted: unknown;
}

type Send = (
  rpc: string,
  message: Uint8Array,
  encoding: string,
  options?: { flag?: number; token?: string; raw?: RawGrpc },
) => Promise<Answer>;

const overHttp2 =
  (type: string): Send =>
  async (rpc, message, encoding, { flag = 1, token, raw = client } = {}) => {
    const { headers, trailers, body } = await raw.send({
      path: rpc,
      headers: { "content-type": type, "grpc-encoding": encoding, ...(token && { authorization: token }) },
      body: [envelope(message, flag)],
    });
    // gRPC-Web sends its trailers in the body.
    const text = body.toString("latin1");
    return {
      code: headers["grpc-status"] ?? trailers["grpc-status"] ?? /grpc-status: (\d+)/.exec(text)?.[1],
      rv: (headers["grpc-message"] ?? trailers["grpc-message"] ?? /grpc-message: (\w+)/.exec(text)?.[1]) as string,
      accepted: headers["grpc-accept-encoding"],
    };
  };

const overConnect: Send = async (rpc, message, encoding, { token } = {}) => {
  const response = await fetch(`http://127.0.0.1:${token === undefined ? port : guardedPort}/grep11.Crypto/${rpc}`, {
    method: "POST",
    headers: {
      "content-type": "application/proto",
      "content-encoding": encoding,
      ...(token && { authorization: token }),
    },
    body: Buffer.from(message),
  });
  const answer = response.ok ? { code: "0" } : ((await response.json()) as { code: string; message: string });
  return {
    code:
      { unimplemented: "12", resource_exhausted: "8", unknown: "2", unauthenticated: "16" }[answer.code] ?? answer.code,
    rv: "message" in answer ? answer.message : undefined,
    accepted: response.headers.get("accept-encoding") ?? undefined,
  };
};

const PROTOCOLS: [string, Send][] = [
  ["gRPC", overHttp2("application/grpc")],
  ["gRPC-Web", overHttp2("application/grpc-web+proto")],
  ["Connect", overConnect],
];

describe.each(PROTOCOLS)("a compressed message over %s", (_protocol, send) => {
  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["GZIP", gzipSync],
  ])("is accepted: %s", async (encoding, compress) => {
    expect(await send("EncryptSingle", compress(encryptOf(MIB)), encoding)).toMatchObject({ code: "0" });
    expect(calls[0]?.request).toMatchObject({ plain: new Uint8Array(MIB) });
  });

  it.each(["br", "zstd", "snappy", "gzip, gzip", "toString"])(
    "is UNIMPLEMENTED as %s, with the encodings that are accepted",
    async (encoding) => {
      const answer = await send("EncryptSingle", gzipSync(encryptOf(10)), encoding);
      expect(answer).toEqual({ code: "12", rv: "CKR_FUNCTION_NOT_SUPPORTED", accepted: "identity,gzip,deflate" });
      expect(calls).toHaveLength(0);
    },
  );

  it.each([
    ["cut off", gzipSync(encryptOf(1000)).subarray(0, -9)],
    ["not gzip", Buffer.alloc(100, 0xee)],
    ["gzip of no message", gzipSync(Buffer.alloc(100, 0xff))],
    ["of another checksum", Buffer.concat([gzipSync(encryptOf(1000)).subarray(0, -8), Buffer.alloc(8)])],
  ])("is refused when it is %s", async (_, message) => {
    expect(await send("EncryptSingle", message, "gzip")).toMatchObject({
      code: "2",
      rv: "CKR_IBM_GREP11_CANNOT_UNMARSHAL",
    });
    expect(calls).toHaveLength(0);
  });

  it.each<[string, string, () => Buffer]>([
    ["4 MiB and a little", "EncryptSingle", () => gzipSync(encryptOf(4 * MIB))],
    ["400 MiB", "EncryptSingle", () => bombOf(400 * MIB)],
    ["64 KiB and a little, of an RPC without data", "GenerateRandom", () => gzipSync(Buffer.alloc(65 * 1024))],
    ["a structure that is slow to parse", "EncryptSingle", () => gzipSync(Buffer.alloc(200_000, 0xa3))],
  ])("is refused when it would be %s", async (_, rpc, message) => {
    expect(await send(rpc, message(), "gzip")).toMatchObject({ code: expect.stringMatching(/^[28]$/) });
    expect(calls).toHaveLength(0);
  });

  it("is not inflated before the caller was admitted", async () => {
    const raw = new RawGrpc(`http://127.0.0.1:${guardedPort}`);
    const answer = await send("EncryptSingle", bombOf(400 * MIB), "gzip", { token: "bad", raw });
    raw.close();
    expect(answer).toMatchObject({ code: "16", rv: "CKR_IBM_GREP11_NOT_AUTHENTICATED" });
    expect(calls).toHaveLength(0);
  });
});

describe.each(PROTOCOLS.slice(0, 2))("an envelope over %s", (_, send) => {
  it.each([
    ["may be uncompressed though an encoding is stated", "gzip", 0, encryptOf(10), "0"],
    ["may not be compressed when none is stated", "identity", 1, gzipSync(encryptOf(10)), "2"],
    ["has no other flag", "gzip", 3, gzipSync(encryptOf(10)), "2"],
  ])("%s", async (_name, encoding, flag, message, code) => {
    expect(await send("EncryptSingle", message, encoding, { flag })).toMatchObject({ code });
  });
});

describe("grpc-js", () => {
  it.each([
    ["deflate", 1],
    ["gzip", 2],
  ])("works with %s for all its calls", async (_, algorithm) => {
    const grpc = new GrpcClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.default_compression_algorithm": algorithm,
    });
    const same = (bytes: Buffer): Buffer => bytes;
    for (const [path, request] of [
      ["/grep11.Crypto/EncryptSingle", Buffer.from(encryptOf(100_000))],
      ["/grpc.health.v1.Health/Check", Buffer.alloc(0)],
    ] as const) {
      const answer = await new Promise<Buffer | undefined>((resolve, reject) =>
        grpc.makeUnaryRequest(path, same, same, request, (error, value) =>
          error === null ? resolve(value) : reject(error),
        ),
      );
      expect(answer?.length).toBeGreaterThan(0);
    }
    grpc.close();
  });
});

describe("during an attack with bombs", () => {
  it("another caller is served, and memory stays bounded", async () => {
    const bomb = bombOf(400 * MIB);
    const attackers = Array.from({ length: 4 }, () => new RawGrpc(`http://127.0.0.1:${port}`));
    const attack = attackers.flatMap((raw) =>
      Array.from({ length: 8 }, () =>
        raw.send({ path: "EncryptSingle", headers: { "grpc-encoding": "gzip" }, body: [envelope(bomb, 1)] }),
      ),
    );
    let over = false;
    const done = Promise.all(attack).finally(() => {
      over = true;
    });
    const before = liveBytes();
    let most = 0;
    let slowest = 0;
    let served = 0;
    while (!over || served === 0) {
      const ms = await cpuMs(async () => {
        const { trailers } = await client.call("GenerateRandom", envelope(Buffer.from([8, 1])));
        expect(trailers["grpc-status"]).toBe("0");
      });
      slowest = Math.max(slowest, ms);
      most = Math.max(most, liveBytes());
      served += 1;
    }
    for (const { headers, trailers } of await done) expect({ ...headers, ...trailers }["grpc-status"]).toBe("8");
    for (const raw of attackers) raw.close();
    // The attackers and the server share this process. Decompressing all 32 bombs would take 12.5 GiB of memory.
    expect(most - before).toBeLessThan(400 * MIB);
    expect(slowest).toBeLessThan(1_000);
  });

  it("a bomb that is not sent completely is not inflated", async () => {
    const socket = connectTcp(port, "127.0.0.1").on("error", () => undefined);
    const bomb = bombOf(32 * MIB);
    socket.write(
      `POST /grep11.Crypto/EncryptSingle HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length + 1}\r\n\r\n`,
    );
    socket.write(bomb);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => server.inFlight).toBe(0);
    expect(calls).toHaveLength(0);
  });
});
