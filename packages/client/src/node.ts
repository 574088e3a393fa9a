/** `@grep11/client/node` connects to the HSM with gRPC over HTTP/2, for programs on Node. */
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import type { Transport } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { isLoopback } from "@grep11/encoding";
import { parseAddress } from "./transport/address.ts";
import type { TokenSource } from "./transport/bearer.ts";
import { createUnary } from "./transport/grpc-transport.ts";
import { Http2Connection } from "./transport/http2-connection.ts";
import { Pool } from "./transport/pool.ts";

export { uncompressedPkcs8, uncompressedPoint, uncompressedSpki } from "./keys/uncompressed.ts";
export { parseAddress } from "./transport/address.ts";
export type { TokenSource } from "./transport/bearer.ts";
export { type IamOptions, iamTokenSource } from "./transport/iam-token.ts";

/** The certificates for a TLS connection, in PEM, as text or bytes. */
export interface TlsOptions {
  /** The certificates of the CAs that may issue the server's certificate. The default is all CAs that Node trusts. */
  readonly ca?: string | Uint8Array;
  /** The client's certificate chain, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the server's certificate must contain. The default is the host of the address. */
  readonly serverName?: string;
}

/** The options of {@link createGrpcTransport}. */
export interface GrpcTransportOptions {
  /**
   * `host:port` or a URL. `host:port` means TLS if `tls` is given, otherwise HTTP/2 without TLS. If there are several
   * addresses, their servers must have the same master key. They receive the calls in turn. Unavailable servers are
   * left out.
   */
  readonly address: string | readonly string[];
  readonly tls?: TlsOptions;
  /** The source of the bearer token that is sent with every call. A string is a constant token. */
  readonly auth?: TokenSource | string;
  /** Maximum size of a response in bytes; 64 MiB by default. */
  readonly readMaxBytes?: number;
  /**
   * How many connections to open to each address; 1 by default. More connections can help if a server has several
   * processes.
   */
  readonly connections?: number;
  /**
   * The HTTP/2 layer that carries the calls. "own" (the default) is the one of this project. "node" uses Connect's gRPC
   * transport on node:http2, which takes several times as much processor time per call.
   */
  readonly http2?: "own" | "node";
}

/** A transport that owns its connections. */
export interface GrpcTransport extends Transport {
  /** Closes the connections and aborts running calls. The next call opens new connections. */
  close(): void;
}

const OPTIONS = {
  address: true,
  tls: true,
  auth: true,
  readMaxBytes: true,
  connections: true,
  http2: true,
} as const satisfies Record<keyof GrpcTransportOptions, true>;

const TLS_OPTIONS = {
  ca: true,
  cert: true,
  key: true,
  serverName: true,
} as const satisfies Record<keyof TlsOptions, true>;

/**
 * Throws CKR_ARGUMENTS_BAD for unknown options. Without this check, a JavaScript program that misspells `tls` would
 * connect in plaintext.
 */
function requireKnown(prefix: string, given: object, known: object): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw ck.CkError.argumentsBad(`${prefix}${unknown}: no such option; there are ${Object.keys(known).join(", ")}`);
}

const KEEPALIVE = { intervalMs: 30_000, timeoutMs: 10_000 };
const READ_MAX_BYTES = 64 << 20;

/**
 * Returns a transport over HTTP/2 connections. The first call opens a connection, pings keep it alive, and a new one
 * replaces it when the server closes it. Streaming calls always use node:http2, because GREP11 has none. Errors:
 * CKR_ARGUMENTS_BAD for an invalid address or option, and for a token that would be sent to another host without TLS.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  requireKnownOptions(options);
  const origins = [options.address].flat().map((address) => serverUrl(address, options).origin);
  const { connections = 1, readMaxBytes = READ_MAX_BYTES, http2 = "own" } = options;
  const auth = tokenSource(options);
  const tls = tlsConnectOptions(options.tls ?? {});
  let loaded: Promise<GrpcTransport> | undefined;
  const connect = (): Promise<GrpcTransport> => {
    loaded ??= import("./transport/connect-transport.ts").then(({ createConnectTransport }) =>
      createConnectTransport({ origins, connections, tls, keepalive: KEEPALIVE, auth, readMaxBytes }),
    );
    return loaded;
  };
  const pool = new Pool({
    origins,
    connections,
    create: (origin) => new Http2Connection({ origin, tls, keepalive: KEEPALIVE }),
  });
  return {
    unary: async (...args) => (await connect()).unary(...args),
    ...(http2 === "own" ? createUnary(pool, { auth, readMaxBytes }) : {}),
    stream: async (...args) => (await connect()).stream(...args),
    close() {
      pool.close();
      void loaded?.then((transport) => transport.close());
    },
  };
}

/** Throws CKR_ARGUMENTS_BAD for unknown options and unknown values of `http2`. */
function requireKnownOptions(options: GrpcTransportOptions): void {
  requireKnown("", options, OPTIONS);
  requireKnown("tls.", options.tls ?? {}, TLS_OPTIONS);
  if (!["own", "node", undefined].includes(options.http2)) {
    throw ck.CkError.argumentsBad(`http2: ${options.http2}: expected own or node`);
  }
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

function tlsConnectOptions({ ca, cert, key, serverName }: TlsOptions): ConnectionOptions {
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
