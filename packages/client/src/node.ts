/** `@grep11/client/node`: gRPC over HTTP/2 for programs on Node. */
import type { SecureClientSessionOptions } from "node:http2";
import { checkServerIdentity } from "node:tls";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport as createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { isLoopback } from "@grep11/encoding";
import { bearerInterceptor, type TokenSource } from "./transport/bearer.ts";
import { SESSION_OPTIONS } from "./transport/http2-connection.ts";
import { Http2Pool } from "./transport/http2-pool.ts";
import { createHttp2Transport } from "./transport/http2-transport.ts";

export { uncompressedPkcs8, uncompressedPoint, uncompressedSpki } from "./keys/uncompressed.ts";
export type { TokenSource } from "./transport/bearer.ts";
export { type IamOptions, iamTokenSource } from "./transport/iam-token.ts";

/** The certificates of server and client, in PEM as text or bytes. */
export interface TlsOptions {
  /** Certificates of the CAs that may sign the server's; by default those that Node trusts. */
  readonly ca?: string | Uint8Array;
  /** The client's certificate chain, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the server's certificate must have; by default the host of the address. */
  readonly serverName?: string;
}

/** Where to connect to, and how. */
export interface GrpcTransportOptions {
  /**
   * `host:port` or a URL. `host:port` means TLS if `tls` is given, otherwise HTTP/2 without TLS. Several addresses are those of
   * servers with the same master key. Calls are distributed over these in rotation, except over servers that are unavailable.
   */
  readonly address: string | readonly string[];
  readonly tls?: TlsOptions;
  /** Sends a bearer token with every call; a string is a constant token. */
  readonly auth?: TokenSource | string;
  /** Maximum size of a response in bytes; 64 MiB by default. */
  readonly readMaxBytes?: number;
  /** How many connections to open to each address; 1 by default. More can help if one core of a server is not enough. */
  readonly connections?: number;
}

/** A transport that owns its connections. */
export interface GrpcTransport extends Transport {
  /** Closes the connections and aborts running calls; the next call opens new ones. */
  close(): void;
}

const OPTIONS = {
  address: true,
  tls: true,
  auth: true,
  readMaxBytes: true,
  connections: true,
} as const satisfies Record<keyof GrpcTransportOptions, true>;

const TLS_OPTIONS = {
  ca: true,
  cert: true,
  key: true,
  serverName: true,
} as const satisfies Record<keyof TlsOptions, true>;

/**
 * Refuses unknown options, because an untyped program that misspells `tls` would connect in plaintext. Errors: CKR_ARGUMENTS_BAD.
 */
function requireKnown(prefix: string, given: object, known: object): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw ck.CkError.argumentsBad(`${prefix}${unknown}: no such option; there are ${Object.keys(known).join(", ")}`);
}

const KEEPALIVE = { intervalMs: 30_000, timeoutMs: 10_000 };
const READ_MAX_BYTES = 64 << 20;

/**
 * Returns a transport over HTTP/2 connections, which are opened by the first call, kept alive by pings, and replaced when a
 * server closes them. Errors: CKR_ARGUMENTS_BAD for an invalid address, an unknown option, and a token that would be sent to
 * another host without TLS.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  requireKnownOptions(options);
  const pool = new Http2Pool({
    origins: [options.address].flat().map((address) => serverUrl(address, options).origin),
    connections: options.connections ?? 1,
    session: tlsConnectOptions(options.tls ?? {}),
    keepalive: KEEPALIVE,
  });
  const readMaxBytes = options.readMaxBytes ?? READ_MAX_BYTES;
  return { ...createHttp2Transport(pool, { auth: tokenSource(options), readMaxBytes }), close: () => pool.close() };
}

/**
 * Like createGrpcTransport, but uses Connect's own gRPC transport, over one connection to one address. It costs several times as
 * much, and exists for comparison and as a fallback. Errors: as createGrpcTransport.
 */
export function createConnectGrpcTransport(
  options: GrpcTransportOptions & { readonly address: string },
): GrpcTransport {
  requireKnownOptions(options);
  const url = serverUrl(options.address, options);
  const auth = tokenSource(options);
  const sessionManager = new Http2SessionManager(
    url,
    { pingIntervalMs: KEEPALIVE.intervalMs, pingTimeoutMs: KEEPALIVE.timeoutMs },
    { ...SESSION_OPTIONS, ...tlsConnectOptions(options.tls ?? {}) },
  );
  const transport = createConnectTransport({
    baseUrl: url.origin,
    sessionManager,
    interceptors: auth === undefined ? [] : [bearerInterceptor(auth)],
    // Compression is off, because ciphertext does not compress.
    acceptCompression: [],
    readMaxBytes: options.readMaxBytes ?? READ_MAX_BYTES,
  });
  return {
    unary: transport.unary.bind(transport),
    stream: transport.stream.bind(transport),
    close: () => sessionManager.abort(),
  };
}

/** Refuses unknown options. Errors: CKR_ARGUMENTS_BAD. */
function requireKnownOptions(options: GrpcTransportOptions): void {
  requireKnown("", options, OPTIONS);
  requireKnown("tls.", options.tls ?? {}, TLS_OPTIONS);
}

function tokenSource({ auth }: GrpcTransportOptions): TokenSource | undefined {
  return typeof auth === "string" ? () => auth : auth;
}

/**
 * Returns the URL of a server. Errors: CKR_ARGUMENTS_BAD for an invalid address, and for a token that would be sent to another
 * host without TLS.
 */
function serverUrl(address: string, { tls, auth }: GrpcTransportOptions): URL {
  const url = parseAddress(address, tls !== undefined);
  if (auth !== undefined && url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw ck.CkError.argumentsBad("a token is only sent over TLS, or to this machine");
  }
  return url;
}

/** Returns the URL of `address`, which can be without a scheme. Errors: CKR_ARGUMENTS_BAD. */
export function parseAddress(address: string, secure: boolean): URL {
  const text = address.includes("://") ? address : `${secure ? "https" : "http"}://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/") {
    throw ck.CkError.argumentsBad(`${address} is not host:port or a URL; an example is localhost:9876`);
  }
  return url;
}

function tlsConnectOptions({ ca, cert, key, serverName }: TlsOptions): SecureClientSessionOptions {
  const pem = (value: string | Uint8Array | undefined) => (value instanceof Uint8Array ? Buffer.from(value) : value);
  return {
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(serverName === undefined
      ? {}
      : {
          servername: serverName,
          checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
        }),
  };
}
