/** What a server is made of and where it listens: the public types of this package. */
import type * as ck from "@grep11/cryptoki";
import type { Service } from "./services/service.ts";

export type { CallContext, Interceptor, Peer, PeerCertificate, Principal } from "@grep11/cryptoki";

/**
 * Returns the principal to whom `token` was issued, or undefined if the token is invalid. `token` comes without the prefix
 * `Bearer`.
 */
export type BearerVerifier = (
  token: string,
  peer: ck.Peer,
) => ck.Principal | undefined | Promise<ck.Principal | undefined>;

/**
 * Whether `principal` may perform `action` (one of ACTIONS, or that of a Service). `principal` is undefined on a listener that
 * requires no credentials.
 */
export type Authoriser = (principal: ck.Principal | undefined, action: string) => boolean | Promise<boolean>;

/** What a server always knows about a call that has ended. */
type KnownAtEnd = "requestId" | "action" | "protocol" | "peer" | "admitted" | "rv" | "ms";

/** A call that has ended, for logs and metrics. */
export type CallRecord = ck.CallContext & { readonly [K in KnownAtEnd]: NonNullable<ck.CallContext[K]> };

/** How dead HTTP/2 connections are detected, in milliseconds. */
export interface Keepalive {
  readonly intervalMs: number;
  /** The connection ends if a ping is not acknowledged within this time. */
  readonly timeoutMs: number;
}

/** How a server treats calls; shared by all its listeners. */
export interface Grep11ServerOptions {
  /** Carries out the calls of grep11.Crypto. */
  readonly ep11: ck.Ep11;
  /** Further services, offered on the same ports under the same rules. */
  readonly services?: readonly Service[];
  /** Decides which principal may perform which action; default: every authenticated caller may do everything. */
  readonly authorise?: Authoriser;
  /** Run around every admitted call of every service, the first of them outermost. */
  readonly interceptors?: readonly ck.Interceptor[];
  /** Whether calls can be served now, for health checks; default: always. Call `refreshHealth` after it changes. */
  readonly ready?: () => boolean;
  /** Largest request of RPCs that carry data, in bytes; default 4 MiB, at most 64 MiB. The limit of all others is 64 KiB. */
  readonly maxDataBytes?: number;
  /**
   * Largest request in JSON, in bytes; default 128 KiB. JSON takes many times the time and memory of binary messages, and its
   * memory counts in `maxPendingBytes`. Responses have the same limit, as binary messages. False turns JSON off.
   */
  readonly maxJsonBytes?: number | false;
  /** Longest time for one call when the client sets no shorter deadline, in milliseconds; default 90,000. */
  readonly callTimeoutMs?: number;
  /**
   * Longest time for a request body to arrive, and for a response to be read, in milliseconds; default 30,000. A stream whose
   * response is not read in time is reset.
   */
  readonly bodyTimeoutMs?: number;
  /**
   * Connections without an admitted call are closed after this time, in milliseconds; default 300,000. Refused calls and
   * health checks do not keep a connection open, so health watchers are also asked to reconnect at that interval.
   */
  readonly idleTimeoutMs?: number;
  /**
   * HTTP/2 connections are asked to end (GOAWAY) after about this time, in milliseconds, so that a load balancer can spread
   * its clients again; running calls finish. Default: never.
   */
  readonly maxConnectionAgeMs?: number;
  /** Pings on HTTP/2 connections; default every 30,000 ms, to be acknowledged within 5,000 ms. */
  readonly keepalive?: Keepalive;
  /**
   * Most connections over all listeners; default 1,000. One more replaces a connection over which no call was admitted yet, or
   * which has had no call for 30 seconds or more; while there is no such connection, it is refused.
   */
  readonly maxConnections?: number;
  /**
   * Most connections from one IPv4 address or one IPv6 network of 64 bits; default half of `maxConnections`. One more replaces
   * one of them. Clients behind a proxy or load balancer share its address: raise the number to `maxConnections` if all
   * clients come that way. The same two bounds hold for health watches, which are also limited to four per connection.
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Most bytes of all requests that are being read or processed, and of all responses that wait to be read; default 256 MiB, at
   * least twice `maxDataBytes`. One principal may use half of it, and so may all callers without a principal together. Beyond
   * that, calls fail with CKR_DEVICE_MEMORY and may be retried.
   */
  readonly maxPendingBytes?: number;
  /** Who speaks HTTP/2: the layer of this project ("own", the default) or node:http2, with the same responses at several times the cost. */
  readonly http2?: "own" | "node";
  /**
   * Called once for every call that has ended, including refused ones. An exception that it throws becomes a warning of the
   * process.
   */
  readonly onCall?: (call: CallRecord) => void;
  /** Called, for logging, when a connection is refused because its verified client certificate does not list clientAuth. */
  readonly onUnfitCertificate?: (peer: ck.Peer) => void;
  /** Called, for logging, with errors that have a cause. The cause may contain anything and never leaves the server. */
  readonly onError?: (error: ck.CkError, rpc: string) => void;
}

/** TLS of a listener: 1.2 with AEAD suites or 1.3, ALPN h2 and http/1.1. PEM everywhere. */
export interface TlsOptions {
  /** Certificate chain, the server's first. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /**
   * If present, a client certificate is required: signed by one of these, valid at present, and with an extended key usage that
   * names clientAuth (RFC 5280 section 4.2.1.12; anyExtendedKeyUsage is not enough).
   */
  readonly clientCa?: string | Buffer | readonly (string | Buffer)[];
  /** False also accepts client certificates without an extended key usage, which RFC 5280 allows for every use; default true. */
  readonly requireClientUsage?: boolean;
  /** Revocation lists of the client CAs. */
  readonly crl?: string | Buffer | readonly (string | Buffer)[];
}

/** Where to listen, and which credentials are required. Client certificates and bearer tokens are independent. */
export interface ListenOptions {
  /**
   * IP addresses, IPv6 with or without brackets, or host names, which stand for all their addresses; default 127.0.0.1. "::" is
   * every address of this machine, IPv4 included unless another IPv4 address is listed.
   */
  readonly host?: string | readonly string[];
  /** Default 9876; 0 chooses a free one, the same for all addresses. */
  readonly port?: number;
  /** Absent: plaintext, for HTTP/2 with prior knowledge and HTTP/1.1. */
  readonly tls?: TlsOptions;
  /** If present, every call needs `authorization: <token>` or `authorization: Bearer <token>`. */
  readonly bearer?: BearerVerifier;
  /** Web origins whose pages may call, such as "https://app.example"; "*" for all; default none. */
  readonly allowedOrigins?: readonly string[];
}

/** An address that a listener is bound to. */
export interface ListenerAddress {
  /** IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** An open port. */
export interface Listener extends ListenerAddress {
  /** All addresses; host and port are those of the first. */
  readonly addresses: readonly ListenerAddress[];
  /** Replaces certificate, key and client CAs for new connections. Errors: TypeError on a plaintext listener. */
  setTls(tls: TlsOptions): void;
}

/** How to stop. */
export interface CloseOptions {
  /** How long running calls may take to finish before their connections are closed, in milliseconds; default 10,000. */
  readonly graceMs?: number;
}

/** A GREP11 service on any number of ports: gRPC, gRPC-Web and Connect on each, and gRPC health. */
export interface Grep11Server {
  /** Opens a port; several may be open at once, each with credentials of its own. Errors: those of node:net and node:tls. */
  listen(options?: ListenOptions): Promise<Listener>;
  /** Calls that are running now. */
  readonly inFlight: number;
  /** Asks `ready` again and notifies the watchers of the health service. */
  refreshHealth(): void;
  /** Shuts down gracefully: health turns NOT_SERVING, new calls are refused, running calls finish, then everything is closed. */
  close(options?: CloseOptions): Promise<void>;
}
