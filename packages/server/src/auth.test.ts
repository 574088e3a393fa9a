import { X509Certificate } from "node:crypto";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { decodeError, Grep11ErrorSchema, wire } from "@grep11/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Authority, CLIENT_AUTH, type Identity, SERVER_AUTH } from "../test/certificates.ts";
import { createDouble } from "../test/ep11-double.ts";
import { createTestServer } from "../test/server.ts";
import { authoriseByRole } from "./actions.ts";
import type { BearerVerifier, Grep11Server, Listener, ListenOptions } from "./options.ts";

const { ep11, calls } = createDouble();
const server: Grep11Server = createTestServer({ ep11 });
const bearer: BearerVerifier = async (token) => (token === "good" ? { name: "alice", roles: ["Reader"] } : undefined);
const DAY = 24 * 60 * 60 * 1000;

let ca: Authority;
let otherCa: Authority;
let serverIdentity: Identity;

beforeAll(async () => {
  [ca, otherCa] = await Promise.all([Authority.create("CA"), Authority.create("other CA")]);
  serverIdentity = await ca.issue({ name: "server", usage: SERVER_AUTH });
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(() => server.close({ graceMs: 0 }));

const PROTOCOLS = ["gRPC", "gRPC-Web", "Connect"] as const;
type Protocol = (typeof PROTOCOLS)[number];

/** One call of GetMechanismList with these credentials; answers the error, or undefined. */
async function knock(
  protocol: Protocol,
  listener: Listener,
  { authorization, identity, origin }: { authorization?: string; identity?: Identity; origin?: string } = {},
): Promise<ConnectError | undefined> {
  const secure = listener === tlsListener.current;
  const baseUrl = `${secure ? "https://localhost" : "http://127.0.0.1"}:${listener.port}`;
  const nodeOptions = { ca: ca.cert, ...identity };
  const transport =
    protocol === "gRPC"
      ? createGrpcTransport({ baseUrl, nodeOptions })
      : protocol === "gRPC-Web"
        ? createGrpcWebTransport({ baseUrl, httpVersion: "2", nodeOptions })
        : createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions });
  const headers = new Headers({ ...(authorization && { authorization }), ...(origin && { origin }) });
  try {
    await createClient(wire.Crypto, transport).getMechanismList({}, { headers, timeoutMs: 5_000 });
    return undefined;
  } catch (error) {
    return ConnectError.from(error);
  }
}

const tlsListener: { current: Listener | undefined } = { current: undefined };
async function listen(options: ListenOptions): Promise<Listener> {
  const listener = await server.listen({ port: 0, ...options });
  tlsListener.current = options.tls === undefined ? undefined : listener;
  return listener;
}

describe.each(PROTOCOLS)("bearer tokens over %s", (protocol) => {
  let listener: Listener;
  beforeAll(async () => {
    listener = await listen({ bearer });
  });

  it.each(["Bearer good", "bearer good", "BEARER  good", "good"])("lets %s in, by name", async (authorization) => {
    expect(await knock(protocol, listener, { authorization })).toBeUndefined();
    expect(calls[0]?.options?.principal).toBe("alice");
  });

  it.each([undefined, "Bearer ", "Bearer", "Bearer bad", "bad", "Basic good", "Bearer good good"])(
    "keeps %s out",
    async (authorization) => {
      const error = await knock(protocol, listener, authorization === undefined ? {} : { authorization });
      expect(error?.code).toBe(Code.Unauthenticated);
      expect(error?.rawMessage).toBe("CKR_IBM_GREP11_NOT_AUTHENTICATED");
      expect(error?.details).toHaveLength(1);
      expect(decodeError(error!.findDetails(Grep11ErrorSchema)[0]!).rv).toBe(0x80040001);
      expect(calls).toHaveLength(0);
    },
  );
});

describe.each(PROTOCOLS)("client certificates over %s", (protocol) => {
  let listener: Listener;
  beforeAll(async () => {
    listener = await listen({ tls: { ...serverIdentity, clientCa: ca.cert } });
  });

  it("lets a certificate of the client CA in, by its name", async () => {
    const identity = await ca.issue({ name: "bob", usage: CLIENT_AUTH });
    expect(await knock(protocol, listener, { identity })).toBeUndefined();
    expect(calls[0]?.options?.principal).toBe("bob");
  });

  it.each<[string, () => Promise<Identity | undefined>]>([
    ["no certificate", async () => undefined],
    ["one of another CA", () => otherCa.issue({ name: "bob", usage: CLIENT_AUTH })],
    ["one for servers only", () => ca.issue({ name: "bob", usage: SERVER_AUTH })],
    ["one that has expired", () => ca.issue({ name: "bob", usage: CLIENT_AUTH, notBefore: -2 * DAY, notAfter: -1 })],
    ["one of tomorrow", () => ca.issue({ name: "bob", usage: CLIENT_AUTH, notBefore: DAY, notAfter: 2 * DAY })],
  ])("keeps %s out", async (_, issue) => {
    const identity = await issue();
    expect(await knock(protocol, listener, identity === undefined ? {} : { identity })).toBeInstanceOf(ConnectError);
    expect(calls).toHaveLength(0);
  });
});

describe("certificate and token", () => {
  it("are independent: with both required both must be good, and the token names the caller", async () => {
    const listener = await listen({ bearer, tls: { ...serverIdentity, clientCa: ca.cert } });
    const identity = await ca.issue({ name: "bob", usage: CLIENT_AUTH });
    expect(await knock("gRPC", listener, { identity, authorization: "good" })).toBeUndefined();
    expect(calls[0]?.options?.principal).toBe("alice");
    expect((await knock("gRPC", listener, { identity }))?.code).toBe(Code.Unauthenticated);
    expect(await knock("gRPC", listener, { authorization: "good" })).toBeInstanceOf(ConnectError);
    expect(calls).toHaveLength(1);
  });

  it("are checked together by a verifier that asks for the certificate", async () => {
    const identity = await ca.issue({ name: "bob", usage: CLIENT_AUTH });
    const bound = new X509Certificate(identity.cert).fingerprint256.replaceAll(":", "").toLowerCase();
    const listener = await listen({
      bearer: (_, peer) => (peer.certificate?.sha256 === bound ? { name: "bound" } : undefined),
      tls: { ...serverIdentity, clientCa: ca.cert },
    });
    expect(await knock("gRPC", listener, { identity, authorization: "any" })).toBeUndefined();
    const other = await ca.issue({ name: "eve", usage: CLIENT_AUTH });
    expect((await knock("gRPC", listener, { identity: other, authorization: "any" }))?.code).toBe(Code.Unauthenticated);
  });

  it("can be changed while listening", async () => {
    const listener = await listen({ tls: { ...serverIdentity, clientCa: ca.cert } });
    listener.setTls({ ...serverIdentity, clientCa: otherCa.cert });
    const [mine, others] = await Promise.all(
      [ca, otherCa].map((issuer) => issuer.issue({ name: "x", usage: CLIENT_AUTH })),
    );
    expect(await knock("gRPC", listener, { identity: mine! })).toBeInstanceOf(ConnectError);
    expect(await knock("gRPC", listener, { identity: others! })).toBeUndefined();
  });
});

describe("a verifier that fails", () => {
  it("is CKR_GENERAL_ERROR, not an open door", async () => {
    const listener = await listen({ bearer: () => Promise.reject(new Error("no route to the key server")) });
    const error = await knock("gRPC", listener, { authorization: "good" });
    expect(error?.rawMessage).toBe("CKR_GENERAL_ERROR");
    expect(calls).toHaveLength(0);
  });
});

describe("roles", () => {
  it("let a Reader use keys but not make them", async () => {
    const guarded = createTestServer({ ep11, authorise: authoriseByRole });
    const { port } = await guarded.listen({ port: 0, bearer });
    const client = createClient(wire.Crypto, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
    const options = { headers: { authorization: "good" } };
    expect((await client.getMechanismList({}, options)).Mechs).toHaveLength(2);
    const refused = await client.generateKey({}, options).catch(ConnectError.from);
    expect(refused).toMatchObject({ code: Code.PermissionDenied, rawMessage: "CKR_FUNCTION_REJECTED" });
    await guarded.close({ graceMs: 0 });
  });

  it.each([
    [undefined, "sign", false],
    [["Reader"], "sign", true],
    [["Reader"], "generatekey", false],
    [["ReaderPlus"], "generatekeypair", false],
    [["Writer"], "generatekeypair", true],
    [["Manager"], "generatekey", true],
    [["Guest"], "sign", false],
  ] as const)("%s may %s: %s", (roles, action, allowed) => {
    expect(authoriseByRole(roles && { name: "x", roles }, action)).toBe(allowed);
  });
});

describe("web pages", () => {
  it("may call from an allowed origin only, with or without a preflight", async () => {
    const listener = await listen({ allowedOrigins: ["https://app.example"] });
    const base = `http://127.0.0.1:${listener.port}/grep11.Crypto/GetMechanismList`;
    const preflight = await fetch(base, { method: "OPTIONS", headers: { origin: "https://app.example" } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
    expect(await knock("Connect", listener, { origin: "https://app.example" })).toBeUndefined();
    const other = await knock("Connect", listener, { origin: "https://evil.example" });
    expect(other?.code).toBe(Code.PermissionDenied);
    expect(calls).toHaveLength(1);
    const refused = await fetch(base, { method: "OPTIONS", headers: { origin: "https://evil.example" } });
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  });
});
