import { X509Certificate } from "node:crypto";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as certificates from "@grep11/certificates";
import { decodeError, Grep11ErrorSchema, wire } from "@grep11/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCertificates } from "../test/certificates.ts";
import { createDouble } from "../test/ep11-double.ts";
import { createTestServer } from "../test/server.ts";
import type { BearerVerifier, Grep11Server, Listener, ListenOptions } from "./options.ts";
import { authoriseByRole } from "./services/actions.ts";

const { ep11, calls } = createDouble();
const server: Grep11Server = createTestServer({ ep11 });
const bearer: BearerVerifier = async (token) => (token === "good" ? { name: "alice", roles: ["Reader"] } : undefined);
const ANY_USAGE = "2.5.29.37.0";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

let ca: certificates.CertificatePair;
let otherCa: certificates.CertificatePair;
let serverIdentity: certificates.CertificatePair;

beforeAll(async () => {
  [{ ca, server: serverIdentity }, otherCa] = await Promise.all([
    makeCertificates(),
    certificates.createAuthority("other CA"),
  ]);
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(() => server.close({ graceMs: 0 }));

const PROTOCOLS = ["gRPC", "gRPC-Web", "Connect"] as const;
type Protocol = (typeof PROTOCOLS)[number];

/** Calls GetMechanismList with the given credentials. Returns the error, or undefined if the call succeeds. */
async function knock(
  protocol: Protocol,
  listener: Listener,
  {
    authorization,
    identity,
    origin,
  }: { authorization?: string; identity?: certificates.CertificatePair; origin?: string } = {},
): Promise<ConnectError | undefined> {
  const secure = tlsListeners.has(listener);
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

const tlsListeners = new WeakSet<Listener>();
async function listen(options: ListenOptions): Promise<Listener> {
  const listener = await server.listen({ port: 0, ...options });
  if (options.tls !== undefined) tlsListeners.add(listener);
  return listener;
}

describe.each(PROTOCOLS)("bearer tokens over %s", (protocol) => {
  let listener: Listener;
  beforeAll(async () => {
    listener = await listen({ bearer });
  });

  it.each(["Bearer good", "bearer good", "BEARER  good", "good"])(
    "admits %s as the caller it names",
    async (authorization) => {
      expect(await knock(protocol, listener, { authorization })).toBeUndefined();
      expect(calls[0]?.options?.principal).toBe("alice");
    },
  );

  it.each([undefined, "Bearer ", "Bearer", "Bearer bad", "bad", "Basic good", "Bearer good good"])(
    "refuses %s",
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

describe.each(PROTOCOLS)("callers over %s", (protocol) => {
  it("without credentials are identified by their network, others by their name alone", async () => {
    expect(await knock(protocol, await listen({}), {})).toBeUndefined();
    expect(calls[0]?.options?.peer).toBe("127.0.0.1");
    expect(calls[0]?.options?.principal).toBeUndefined();
    expect(await knock(protocol, await listen({ bearer }), { authorization: "good" })).toBeUndefined();
    expect(calls[1]?.options?.principal).toBe("alice");
    expect(calls[1]?.options?.peer).toBeUndefined();
  });
});

describe.each(PROTOCOLS)("client certificates over %s", (protocol) => {
  let listener: Listener;
  beforeAll(async () => {
    listener = await listen({ tls: { ...serverIdentity, clientCa: ca.cert } });
  });

  it.each<[string, Partial<certificates.CertificateRequest>]>([
    ["for clients", { usage: certificates.CLIENT_AUTH }],
    ["for clients and servers", { usage: [certificates.SERVER_AUTH, certificates.CLIENT_AUTH] }],
    ["for any purpose and clients", { usage: [ANY_USAGE, certificates.CLIENT_AUTH] }],
    ["that signs only", { usage: certificates.CLIENT_AUTH, keyUsage: "digitalSignature" }],
  ])("admits a certificate of the client CA %s, under its name", async (_, options) => {
    const identity = await certificates.issueCertificate(ca, { subject: "bob", ...options });
    expect(await knock(protocol, listener, { identity })).toBeUndefined();
    expect(calls[0]?.options?.principal).toBe("bob");
  });

  const issue = (options: Partial<certificates.CertificateRequest>) => async () =>
    certificates.issueCertificate(ca, { subject: "bob", ...options });
  it.each<[string, () => Promise<certificates.CertificatePair | undefined>]>([
    ["no certificate", async () => undefined],
    [
      "one of another CA",
      () => certificates.issueCertificate(otherCa, { subject: "bob", usage: certificates.CLIENT_AUTH }),
    ],
    ["one that has expired", issue({ usage: certificates.CLIENT_AUTH, notBefore: inDays(-2), notAfter: inDays(-1) })],
    ["one of tomorrow", issue({ usage: certificates.CLIENT_AUTH, notBefore: inDays(1), notAfter: inDays(2) })],
    ["one for servers only", issue({ usage: certificates.SERVER_AUTH })],
    ["one for signing code", issue({ usage: CODE_SIGNING })],
    ["one for mail", issue({ usage: "1.3.6.1.5.5.7.3.4" })],
    ["one for servers and code", issue({ usage: [certificates.SERVER_AUTH, CODE_SIGNING] })],
    ["one for any purpose that does not name clients", issue({ usage: ANY_USAGE })],
    ["one for a purpose that nobody knows", issue({ usage: "1.3.6.1.4.1.99999.1" })],
    ["one whose key may only encipher keys", issue({ usage: certificates.CLIENT_AUTH, keyUsage: "keyEncipherment" })],
  ])("refuses %s", async (_, makeIdentity) => {
    const identity = await makeIdentity();
    const error = await knock(protocol, listener, identity === undefined ? {} : { identity });
    // TLS ends the connection, so the client receives no gRPC status.
    expect(error).toBeInstanceOf(ConnectError);
    expect(error?.rawMessage).not.toContain("CKR_");
    expect(calls).toHaveLength(0);
  });

  it("refuses those without an extended key usage, unless the listener accepts them", async () => {
    const tls = { ...serverIdentity, clientCa: ca.cert };
    const [named, unnamed] = await Promise.all([issue({ usage: certificates.CLIENT_AUTH })(), issue({})()]);
    expect(await knock(protocol, listener, { identity: unnamed })).toBeInstanceOf(ConnectError);
    expect(calls).toHaveLength(0);
    expect(await knock(protocol, listener, { identity: named })).toBeUndefined();
    const lenient = await listen({ tls });
    lenient.setTls({ ...tls, requireClientUsage: false });
    expect(await knock(protocol, lenient, { identity: unnamed })).toBeUndefined();
  });
});

describe("certificate and token", () => {
  it("are independent: if both are required, both must be valid, and the token identifies the caller", async () => {
    const listener = await listen({ bearer, tls: { ...serverIdentity, clientCa: ca.cert } });
    const identity = await certificates.issueCertificate(ca, { subject: "bob", usage: certificates.CLIENT_AUTH });
    expect(await knock("gRPC", listener, { identity, authorization: "good" })).toBeUndefined();
    expect(calls[0]?.options?.principal).toBe("alice");
    expect((await knock("gRPC", listener, { identity }))?.code).toBe(Code.Unauthenticated);
    expect(await knock("gRPC", listener, { authorization: "good" })).toBeInstanceOf(ConnectError);
    expect(calls).toHaveLength(1);
  });

  it("are checked together by a verifier that asks for the certificate", async () => {
    const identity = await certificates.issueCertificate(ca, { subject: "bob", usage: certificates.CLIENT_AUTH });
    const bound = new X509Certificate(identity.cert).fingerprint256.replaceAll(":", "").toLowerCase();
    const listener = await listen({
      bearer: (_, peer) => (peer.certificate?.sha256 === bound ? { name: "bound" } : undefined),
      tls: { ...serverIdentity, clientCa: ca.cert },
    });
    expect(await knock("gRPC", listener, { identity, authorization: "any" })).toBeUndefined();
    const other = await certificates.issueCertificate(ca, { subject: "eve", usage: certificates.CLIENT_AUTH });
    expect((await knock("gRPC", listener, { identity: other, authorization: "any" }))?.code).toBe(Code.Unauthenticated);
  });

  it("can be changed while listening", async () => {
    const listener = await listen({ tls: { ...serverIdentity, clientCa: ca.cert } });
    listener.setTls({ ...serverIdentity, clientCa: otherCa.cert });
    const [mine, others] = await Promise.all(
      [ca, otherCa].map((issuer) =>
        certificates.issueCertificate(issuer, { subject: "x", usage: certificates.CLIENT_AUTH }),
      ),
    );
    expect(await knock("gRPC", listener, { identity: mine! })).toBeInstanceOf(ConnectError);
    expect(await knock("gRPC", listener, { identity: others! })).toBeUndefined();
  });
});

describe("a verifier that fails", () => {
  it("is CKR_GENERAL_ERROR and admits nobody", async () => {
    const listener = await listen({ bearer: () => Promise.reject(new Error("no route to the key server")) });
    const error = await knock("gRPC", listener, { authorization: "good" });
    expect(error?.rawMessage).toBe("CKR_GENERAL_ERROR");
    expect(calls).toHaveLength(0);
  });
});

describe("roles", () => {
  it("let a Reader use keys but not generate them", async () => {
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
