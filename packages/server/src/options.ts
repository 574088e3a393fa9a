/** The public types of this package: how a server is configured and where it listens. */
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

/** The fields of a call's context that are always known when the call has ended. */
type KnownAtEnd = "requestId" | "action" | "protocol" | "peer" | "admitted" | "rv" | "ms";

/** A call that has ended, for logs and metrics. */
export type CallRecord = ck.CallContext & { readonly [K in KnownAtEnd]: NonNullable<ck.CallContext[K]> };

/** How dead HTTP/2 connections are detected, in milliseconds. */
export interface Keepalive {
  readonly intervalMs: number;
  /** The connection is closed if a ping is not acknowledged within this time. */
  readonly timeoutMs: number;
}

/** The options of a server, which hold for all its listeners. */
export interface Grep11ServerOptions {
  /** Implements the calls of grep11.Crypto. */
  readonly ep11: ck.Ep11;
  /** Further services. They use the same ports, limits and admission. */
  readonly services?: readonly Service[];
  /** Decides which principal may perform which action. By default every authenticated caller may do everything. */
  readonly authorise?: Authoriser;
  /** Interceptors that run around every admitted call of every service. The first is outermost. */
  readonly interceptors?: readonly ck.Interceptor[];
  /** Whether calls can be served now, for health checks; default: always true. Call `refreshHealth` when the result changes. */
  readonly ready?: () => boolean;
  /**
   * Size in bytes of the largest request of RPCs that take data; default 4 MiB, at most 64 MiB. The limit of all others is 64
   * KiB.
   */
  readonly maxDataBytes?: number;
  /**
   * Size in bytes of the largest JSON request; default 1 MiB. At most 128 KiB of it may be anything other than long base64
   * strings without spaces or escapes, because only these are fast to read. JSON takes several times the memory of binary
   * messages, which counts in `maxPendingBytes`. The same limit applies to a response's size as a binary message. False disables
   * JSON.
   */
  readonly maxJsonBytes?: number | false;
  /** How long a call may take if the client sets no shorter deadline, in milliseconds; default 90,000. */
  readonly callTimeoutMs?: number;
  /**
   * How long a request body may take to arrive, and a response to be read, in milliseconds; default 30,000. A stream whose
   * response is not read in time is reset.
   */
  readonly bodyTimeoutMs?: number;
  /**
   * After how many milliseconds a connection without an admitted call is closed; default 300,000. Refused calls and health checks
   * do not keep a connection open, so clients that watch the health must reconnect at that interval.
   */
  readonly idleTimeoutMs?: number;
  /**
   * After about how many milliseconds an HTTP/2 connection is asked to end (GOAWAY), so that a load balancer can distribute its
   * clients again; running calls finish. Default: never.
   */
  readonly maxConnectionAgeMs?: number;
  /** Pings on HTTP/2 connections; default every 30,000 ms, to be acknowledged within 5,000 ms. */
  readonly keepalive?: Keepalive;
  /**
   * How many connections all listeners together may have; default 1,000. Beyond that, a new connection replaces one over which no
   * call has been admitted yet or which has had no call for at least 30 seconds. If there is no such connection, the new one is
   * refused.
   */
  readonly maxConnections?: number;
  /**
   * How many connections one IPv4 address or one IPv6 network of 64 bits may have; default half of `maxConnections`. Beyond that,
   * a new one replaces another from the same network. Clients behind a proxy or load balancer share its address: raise the number
   * to `maxConnections` if all clients connect through it. Both limits also apply to health watches, of which a connection may
   * have four.
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * How many bytes the requests that are being read or processed and the responses that wait to be read may have together;
   * default 256 MiB, at least twice `maxDataBytes`. One principal may use half of it, and so may all callers without a principal
   * together. Beyond that, calls fail with CKR_DEVICE_MEMORY and may be retried.
   */
  readonly maxPendingBytes?: number;
  /**
   * Which HTTP/2 layer is used: that of this project ("own", the default) or node:http2 ("node"). The responses are the same, but
   * node:http2 takes several times the processor time.
   */
  readonly http2?: "own" | "node";
  /**
   * Called once for every call that has ended, including refused ones. An exception that it throws becomes a warning of the
   * process.
   */
  readonly onCall?: (call: CallRecord) => void;
  /**
   * Called, for logging, when a connection is refused because the extended key usage of its client certificate does not name
   * clientAuth.
   */
  readonly onUnfitCertificate?: (peer: ck.Peer) => void;
  /** Called, for logging, with errors that have a cause. The cause may contain anything and never leaves the server. */
  readonly onError?: (error: ck.CkError, rpc: string) => void;
}

/**
 * TLS options of a listener. It supports TLS 1.2 with AEAD suites and TLS 1.3, with ALPN h2 and http/1.1. All files are in PEM
 * format.
 */
export interface TlsOptions {
  /** The certificate chain, beginning with the server's certificate. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /**
   * If present, clients need a certificate that is issued by one of these CAs, currently valid, and has an extended key usage
   * that names clientAuth (RFC 5280 section 4.2.1.12; anyExtendedKeyUsage is not enough).
   */
  readonly clientCa?: string | Buffer | readonly (string | Buffer)[];
  /**
   * Whether the extended key usage is required; default true. If false, client certificates without that extension, which RFC
   * 5280 allows for every use, are also accepted.
   */
  readonly requireClientUsage?: boolean;
  /** Certificate revocation lists (CRLs) of the client CAs. */
  readonly crl?: string | Buffer | readonly (string | Buffer)[];
}

/** Where to listen, and which credentials are required. Client certificates and bearer tokens are independent. */
export interface ListenOptions {
  /**
   * IP addresses (IPv6 with or without brackets), or host names, each of which means all its addresses; default 127.0.0.1. "::"
   * means every address of this machine, including IPv4 unless an IPv4 address is listed too.
   */
  readonly host?: string | readonly string[];
  /** Default 9876. 0 chooses a free port, the same for all addresses. */
  readonly port?: number;
  /** If absent, the port is plaintext and accepts HTTP/2 with prior knowledge and HTTP/1.1. */
  readonly tls?: TlsOptions;
  /** If present, every call needs `authorization: <token>` or `authorization: Bearer <token>`. */
  readonly bearer?: BearerVerifier;
  /** Web origins whose pages may make calls, such as "https://app.example"; "*" allows all; default none. */
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
  /** All addresses. `host` and `port` are those of the first. */
  readonly addresses: readonly ListenerAddress[];
  /** Replaces the TLS options for new connections. Errors: TypeError on a plaintext listener. */
  setTls(tls: TlsOptions): void;
}

/** The options of `close`. */
export interface CloseOptions {
  /** How long running calls may take to finish before their connections are closed, in milliseconds; default 10,000. */
  readonly graceMs?: number;
}

/** A GREP11 service on any number of ports: gRPC, gRPC-Web and Connect on each, and gRPC health. */
export interface Grep11Server {
  /** Opens a port. Several may be open at once, each with its own credentials. Errors: those of node:net and node:tls. */
  listen(options?: ListenOptions): Promise<Listener>;
  /** How many calls are running now. */
  readonly inFlight: number;
  /** Asks `ready` again and notifies the watchers of the health service. */
  refreshHealth(): void;
  /**
   * Shuts down gracefully: the health status becomes NOT_SERVING, new calls are refused, running calls finish, then all
   * connections are closed.
   */
  close(options?: CloseOptions): Promise<void>;
}
