import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { decodeError, Grep11ErrorSchema, wire } from "@grep11/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../test/certificates.ts";
import { createDouble } from "../test/ep11-double.ts";
import { createTestServer } from "../test/server.ts";
import type { CallRecord, Grep11Server } from "./options.ts";

const records: CallRecord[] = [];
const { ep11, calls } = createDouble();
let server: Grep11Server;
let plain: string;
let secure: string;
let ca: string;

beforeAll(async () => {
  server = createTestServer({ ep11, onCall: (record) => records.push(record) });
  const certificates = await makeCertificates();
  ca = certificates.ca.cert;
  const [open, tls] = await Promise.all([
    server.listen({ port: 0 }),
    server.listen({ port: 0, tls: certificates.server }),
  ]);
  plain = `http://127.0.0.1:${open.port}`;
  secure = `https://localhost:${tls.port}`;
});
afterAll(() => server.close({ graceMs: 0 }));

const TRANSPORTS = {
  "gRPC over h2c": () => createGrpcTransport({ baseUrl: plain }),
  "gRPC over TLS": () => createGrpcTransport({ baseUrl: secure, nodeOptions: { ca } }),
  "gRPC-Web over HTTP/1.1": () => createGrpcWebTransport({ baseUrl: plain, httpVersion: "1.1" }),
  "gRPC-Web over h2c": () => createGrpcWebTransport({ baseUrl: plain, httpVersion: "2" }),
  "gRPC-Web over TLS, HTTP/1.1": () =>
    createGrpcWebTransport({ baseUrl: secure, httpVersion: "1.1", nodeOptions: { ca } }),
  "Connect binary over HTTP/1.1": () =>
    createConnectTransport({ baseUrl: plain, httpVersion: "1.1", useBinaryFormat: true }),
  "Connect JSON over HTTP/1.1": () => createConnectTransport({ baseUrl: plain, httpVersion: "1.1" }),
  "Connect JSON over TLS, h2": () => createConnectTransport({ baseUrl: secure, httpVersion: "2", nodeOptions: { ca } }),
};

describe.each(Object.entries(TRANSPORTS))("%s", (name, transport) => {
  it("responds, and carries a megabyte (JSON: 190 KB) in both directions", async () => {
    const size = name.includes("JSON") ? 190_000 : 1_000_000;
    const client = createClient(wire.Crypto, transport());
    expect((await client.getMechanismList({})).Mechs).toEqual([1n, 0x80010023n]);
    const { Rnd } = await client.generateRandom({ Len: BigInt(size) });
    expect(Rnd).toHaveLength(size);
    const { Digest } = await client.digestSingle({ Mech: { Mechanism: 0x250n }, Data: new Uint8Array(size + 1) });
    expect(Digest).toEqual(Uint8Array.of((size + 1) & 0xff));
    expect(calls.at(-1)?.request).toMatchObject({ mech: { mechanism: 0x250 } });
  });

  it("returns an error as UNKNOWN with one Grep11Error, and records it", async () => {
    const client = createClient(wire.Crypto, transport());
    const error = await client.verifySingle({ Mech: { Mechanism: 1n } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectError);
    const { code, rawMessage, details } = error as ConnectError;
    expect({ code, rawMessage }).toEqual({ code: Code.Unknown, rawMessage: "CKR_SIGNATURE_INVALID" });
    expect(details).toHaveLength(1);
    const [detail] = (error as ConnectError).findDetails(Grep11ErrorSchema);
    expect(detail).toMatchObject({
      Code: 0xc0n,
      Detail: "CKR_SIGNATURE_INVALID in VerifySingle",
      Retry: false,
    });
    expect(decodeError(detail!)).toMatchObject({ rv: ck.CKR_SIGNATURE_INVALID, detail: "", retry: false });
    await expect.poll(() => records.at(-1)).toMatchObject({ rpc: "VerifySingle", action: "verify", rv: 0xc0 });
  });
});

describe("a call as curl sends it", () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(plain + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });

  it("gets JSON for JSON", async () => {
    const response = await post("/grep11.Crypto/GenerateRandom", '{"Len": 4}');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ Rnd: "AAAAAA==" });
  });

  it("gets 404 and the usual error for an unknown RPC", async () => {
    const response = await post("/grep11.Crypto/Nonsense", "{}");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "unimplemented", message: "CKR_FUNCTION_NOT_SUPPORTED" });
  });

  it("learns what is wrong with a malformed body", async () => {
    const response = await post("/grep11.Crypto/GenerateRandom", '{"Len": "secret"}');
    expect(response.status).toBe(500);
    const answer = await response.text();
    expect(JSON.parse(answer)).toMatchObject({ code: "unknown", message: "CKR_IBM_GREP11_CANNOT_UNMARSHAL" });
    expect(answer).not.toContain("secret");
  });

  it("is refused for a template that names an attribute twice", async () => {
    const Template = { "354": { AttributeTF: false }, "0x162": { AttributeTF: true } };
    const response = await post("/grep11.Crypto/GenerateKey", JSON.stringify({ Mech: { Mechanism: 1 }, Template }));
    expect(await response.json()).toMatchObject({ message: "CKR_ARGUMENTS_BAD" });
  });
});
