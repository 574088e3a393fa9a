/** Tests gRPC-Web in text mode (gRPC's PROTOCOL-WEB.md). */
import { gzipSync } from "node:zlib";
import { codecs } from "@grep11/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import { cpuMs } from "../../test/usage.ts";
import type { CallRecord, Grep11Server } from "../options.ts";

const MIB = 1024 * 1024;
const TEXT = "application/grpc-web-text";
const { ep11, calls } = createDouble({ encryptSingle: async ({ plain }) => ({ ciphered: plain }) });
const records: CallRecord[] = [];
let server: Grep11Server;
let base: string;
beforeAll(async () => {
  server = createTestServer({ ep11, onCall: (record) => records.push(record) });
  const { port } = await server.listen({ port: 0, allowedOrigins: ["https://app.example"] });
  base = `http://127.0.0.1:${port}`;
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(() => server.close({ graceMs: 0 }));

const base64 = (...parts: Uint8Array[]): string => parts.map((part) => Buffer.from(part).toString("base64")).join("");
const encryptOf = (size: number) =>
  envelope(
    codecs.encryptSingle.request.serialise(
      codecs.encryptSingle.request.encode({
        mech: { mechanism: 1 },
        plain: new Uint8Array(size),
        key: Uint8Array.of(1),
      }),
    ),
  );
const RANDOM = envelope(Buffer.from([8, 4]));
const RND = Buffer.from([10, 4, 0, 0, 0, 0]);

/** Splits a response into its message and its trailers. The message is undefined if the response has none. */
function framesOf(bytes: Buffer): { message: Buffer | undefined; trailers: string } {
  let message: Buffer | undefined;
  let trailers = "";
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    const content = bytes.subarray(at + 5, end);
    if ((bytes[at]! & 0x80) === 0) message = content;
    else trailers = content.toString("latin1");
    at = end;
  }
  return { message, trailers };
}

async function post(rpc: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const path = rpc.startsWith("/") ? rpc : `/grep11.Crypto/${rpc}`;
  const response = await fetch(base + path, {
    method: "POST",
    headers: { "content-type": TEXT, accept: TEXT, "x-grpc-web": "1", ...headers },
    body: typeof body === "string" ? body : Buffer.from(body),
  });
  const type = response.headers.get("content-type") ?? "";
  const received = Buffer.from(await response.arrayBuffer());
  const isText = type.startsWith(TEXT);
  if (isText) expect(received.toString("latin1")).toMatch(/^[A-Za-z0-9+/]*={0,2}$/);
  const frames = framesOf(isText ? Buffer.from(received.toString("latin1"), "base64") : received);
  const status = response.headers.get("grpc-status") ?? /grpc-status: ?(\d+)/.exec(frames.trailers)?.[1];
  return { response, type, status, ...frames };
}

describe("a call in text mode", () => {
  it.each([
    ["in one piece", base64(RANDOM)],
    ["envelope and message padded each for itself", base64(RANDOM.subarray(0, 5), RANDOM.subarray(5))],
    ["every byte padded for itself", base64(...[...RANDOM].map((byte) => Uint8Array.of(byte)))],
    ["two and one byte in turn", base64(RANDOM.subarray(0, 2), RANDOM.subarray(2, 3), RANDOM.subarray(3))],
  ])("gets one padded text as response: %s", async (_, body) => {
    const { type, status, message } = await post("GenerateRandom", body);
    expect({ type, status, message }).toEqual({ type: `${TEXT}+proto`, status: "0", message: RND });
    expect(records.at(-1)).toMatchObject({ rpc: "GenerateRandom", protocol: "grpc-web", rv: 0 });
  });

  it.each([`${TEXT}+proto`, "application/GRPC-web-text", TEXT])("may have the content type %s", async (type) => {
    expect(await post("GenerateRandom", base64(RANDOM), { "content-type": type })).toMatchObject({ status: "0" });
  });

  it("carries a megabyte in both directions", async () => {
    const { status, message } = await post("EncryptSingle", base64(encryptOf(MIB)));
    expect(status).toBe("0");
    expect(message).toHaveLength(MIB + 4);
  });

  it("gets errors in the trailers, with their detail", async () => {
    const { status, trailers, response } = await post("VerifySingle", base64(envelope(Buffer.from([10, 2, 8, 1]))));
    expect(response.status).toBe(200);
    expect(status).toBe("2");
    expect(trailers).toContain("grpc-message: CKR_MECHANISM_INVALID");
    expect(trailers).toContain("grpc-status-details-bin");
  });

  it("of an unknown RPC is UNIMPLEMENTED", async () => {
    expect(await post("Nonsense", base64(RANDOM))).toMatchObject({ status: "12" });
  });

  it("checks the health, once or as a stream", async () => {
    const nothing = base64(envelope(Buffer.alloc(0)));
    expect(await post("/grpc.health.v1.Health/Check", nothing)).toMatchObject({ message: Buffer.from([8, 1]) });
    const over = new AbortController();
    const response = await fetch(`${base}/grpc.health.v1.Health/Watch`, {
      method: "POST",
      headers: { "content-type": TEXT },
      body: nothing,
      signal: over.signal,
    });
    const { value } = await response.body!.getReader().read();
    expect(Buffer.from(Buffer.from(value!).toString("latin1"), "base64")).toEqual(envelope(Buffer.from([8, 1])));
    over.abort();
  });

  it("has a deadline, and may be compressed", async () => {
    const message = envelope(gzipSync(RANDOM.subarray(5)), 1);
    const headers = { "grpc-timeout": "5S", "grpc-encoding": "gzip" };
    expect(await post("GenerateRandom", base64(message), headers)).toMatchObject({ status: "0", message: RND });
  });

  it("works over HTTP/2", async () => {
    const client = new RawGrpc(base);
    const { headers, body } = await client.send({
      path: "GenerateRandom",
      headers: { "content-type": TEXT },
      body: [Buffer.from(base64(RANDOM))],
    });
    client.close();
    expect(headers["content-type"]).toBe(`${TEXT}+proto`);
    expect(framesOf(Buffer.from(body.toString("latin1"), "base64")).message).toEqual(RND);
  });

  it("can be read by an allowed page, and is refused from another", async () => {
    const { response } = await post("GenerateRandom", base64(RANDOM), { origin: "https://app.example" });
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(await post("GenerateRandom", base64(RANDOM), { origin: "https://evil.example" })).toMatchObject({
      status: "7",
    });
  });
});

describe("the header accept", () => {
  const BINARY = "application/grpc-web+proto";
  it.each([
    [TEXT, TEXT, `${TEXT}+proto`],
    [TEXT, "*/*", `${TEXT}+proto`],
    [TEXT, BINARY, BINARY],
    [BINARY, TEXT, `${TEXT}+proto`],
    [BINARY, `${TEXT}+proto`, `${TEXT}+proto`],
    [BINARY, BINARY, BINARY],
    [BINARY, "*/*", BINARY],
  ])("%s with accept %s gets %s", async (sent, accept, type) => {
    const body = sent === TEXT ? base64(RANDOM) : RANDOM;
    const answer = await post("GenerateRandom", body, { "content-type": sent, accept });
    expect({ type: answer.type, message: answer.message }).toEqual({ type, message: RND });
  });

  it("changes nothing for other protocols", async () => {
    const response = await fetch(`${base}/grep11.Crypto/GenerateRandom`, {
      method: "POST",
      headers: { "content-type": "application/proto", accept: TEXT },
      body: Buffer.from([8, 4]),
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(RND);
  });
});

describe("a body in text mode", () => {
  it.each([
    ["no base64", "§§§§"],
    ["a line break", `${base64(RANDOM).slice(0, 4)}\n${base64(RANDOM).slice(4)}`],
    ["no padding", base64(RANDOM).replace(/=+$/, "").slice(0, -1)],
    ["padding first", `====${base64(RANDOM)}`],
    ["too much padding", `${base64(RANDOM)}=`],
    ["binary frames", RANDOM],
    ["nothing", ""],
  ])("of %s is refused", async (_, body) => {
    expect(await post("GenerateRandom", body)).toMatchObject({ status: expect.stringMatching(/^[28]$/) });
    expect(calls).toHaveLength(0);
  });

  it("has the limit of the message that it encodes", async () => {
    const most = encryptOf(4 * MIB - 14);
    expect(most).toHaveLength(4 * MIB + 5);
    expect(await post("EncryptSingle", base64(most))).toMatchObject({ status: "0" });
    expect(await post("EncryptSingle", base64(encryptOf(4 * MIB - 13)))).toMatchObject({ status: "8" });
    expect(await post("GenerateKey", base64(envelope(Buffer.alloc(64 * 1024 + 1))))).toMatchObject({ status: "8" });
  });

  it("is refused without much work if it is all padding", async () => {
    const body = "AA==".repeat(MIB);
    const ms = await cpuMs(async () => expect(await post("EncryptSingle", body)).toMatchObject({ status: "8" }));
    expect(ms).toBeLessThan(500);
  });
});
