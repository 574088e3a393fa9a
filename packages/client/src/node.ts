/** `@grep11/client/node`: gRPC over HTTP/2 for programs on Node. */
import type { SecureClientSessionOptions } from "node:http2";
import { checkServerIdentity } from "node:tls";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport as createConnectGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { CkError } from "@grep11/cryptoki";
import { bearerInterceptor, type TokenSource } from "./bearer.ts";

export type { TokenSource } from "./bearer.ts";
export { type IamOptions, iamTokenSource } from "./iam-token.ts";

/** Who the server must be, and who the client is. PEM as text or bytes. */
export interface TlsOptions {
  /** Certificates that vouch for the server; by default those Node trusts. */
  readonly ca?: string | Uint8Array;
  /** The client's certificate chain, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name the server's certificate must carry; by default the host of the address. */
  readonly serverName?: string;
}

/** Where and how to connect. */
export interface GrpcTransportOptions {
  /** `host:port` or a URL. `host:port` means TLS if `tls` is given, plain HTTP/2 otherwise. */
  readonly address: string;
  readonly tls?: TlsOptions;
  /** Sends a bearer token with every call; a string is a token that never changes. */
  readonly auth?: TokenSource | string;
  /** Most bytes of an answer; 64 MiB by default. */
  readonly readMaxBytes?: number;
}

/** A transport with a connection of its own. */
export interface GrpcTransport extends Transport {
  /** Closes the connection and ends the calls under way; the next call would open a new one. */
  close(): void;
}

/**
 * A transport over one HTTP/2 connection, opened by the first call, kept alive by pings and replaced when the server
 * lets it go. Errors: CKR_ARGUMENTS_BAD for an address that is none, and for a token over plain HTTP/2 to another host.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  const { tls, auth } = options;
  const url = parseAddress(options.address, tls !== undefined);
  if (auth !== undefined && url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw CkError.argumentsBad("a token is only sent over TLS, or to this machine");
  }
  const sessionManager = new Http2SessionManager(
    url,
    { pingIntervalMs: 30_000, pingTimeoutMs: 10_000 },
    url.protocol === "https:" ? tlsConnectOptions(tls ?? {}) : {},
  );
  const transport = createConnectGrpcTransport({
    baseUrl: url.origin,
    sessionManager,
    interceptors: auth === undefined ? [] : [bearerInterceptor(typeof auth === "string" ? () => auth : auth)],
    // Cipher text does not compress.
    acceptCompression: [],
    readMaxBytes: options.readMaxBytes ?? 64 << 20,
  });
  return {
    unary: transport.unary.bind(transport),
    stream: transport.stream.bind(transport),
    close: () => sessionManager.abort(),
  };
}

/** Whether `host` is a name or address of this machine: localhost, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The URL of `address`, which may come without a scheme. Errors: CKR_ARGUMENTS_BAD. */
export function parseAddress(address: string, secure: boolean): URL {
  const text = address.includes("://") ? address : `${secure ? "https" : "http"}://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/") {
    throw CkError.argumentsBad(`${address} is not host:port`);
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
