/** The public types of this package, which describe how a server is configured and where it listens. */
import type * as ck from "@grep11/cryptoki";
import type { Service } from "./services/service.ts";

export type { CallContext, Interceptor, Peer, PeerCertificate, Principal } from "@grep11/cryptoki";

/**
 * Returns the principal to whom `token` was issued, or undefined if the token is invalid. `token` does not include the
 * prefix `Bearer`.
 */
export type BearerVerifier = (
  token: string,
  peer: ck.Peer,
) => ck.Principal | undefined | Promise<ck.Principal | undefined>;

/**
 * Returns whether `principal` may perform `action`, which is one of ACTIONS or the action of a Service. `principal` is
 * undefined on a listener that requires no credentials.
 */
export type Authoriser = (principal: ck.Principal | undefined, action: string) => boolean | Promise<boolean>;

/** The fields of a call's context that are always known when the call has ended. */
type KnownAtEnd = "requestId" | "action" | "protocol" | "peer" | "admitted" | "rv" | "ms";

/** A call that has ended, for logs and metrics. */
export type CallRecord = ck.CallContext & { readonly [K in KnownAtEnd]: NonNullable<ck.CallContext[K]> };

/** Says how dead HTTP/2 connections are detected. Times are in milliseconds. */
export interface Keepalive {
  readonly intervalMs: number;
  /** The connection is closed if a ping is not acknowledged within this time. */
  readonly timeoutMs: number;
}

/** The options of a server. They apply to all of its listeners. */
export interface Grep11ServerOptions {
  /** Implements the calls of grep11.Crypto. */
  readonly ep11: ck.Ep11;
  /** Further services. They have the same ports, limits and admission as grep11.Crypto. */
  readonly services?: readonly Service[];
  /** Decides which principal may perform which action. By default every authenticated caller may do everything. */
  readonly authorise?: Authoriser;
  /** Interceptors that run around every admitted call of every service. The first interceptor is the outermost. */
  readonly interceptors?: readonly ck.Interceptor[];
  /**
   * Returns whether calls can be served now, for health checks. If absent, they always can. Call `refreshHealth` when
   * the result changes.
   */
  readonly ready?: () => boolean;
  /**
   * The size in bytes of the largest request to RPCs that take data; default 4 MiB, at most 64 MiB. The limit for all
   * other RPCs is 64 KiB.
   */
  readonly maxDataBytes?: number;
  /**
   * The size in bytes of the largest JSON request; default 1 MiB. False disables JSON.
   * - At most 128 KiB may be anything other than long base64 strings without spaces or escapes, because only these are
   *   fast to read.
   * - JSON takes several times the memory of binary messages. This memory counts towards `maxPendingBytes`.
   * - The limit also applies to the response, which is measured as a binary message.
   */
  readonly maxJsonBytes?: number | false;
  /** How many milliseconds a call may take if the client sets no shorter deadline; default 90,000. */
  readonly callTimeoutMs?: number;
  /**
   * How many milliseconds a request body may take to arrive, and the client may take to read a response; default
   * 30,000. A stream whose response is not read in time is reset.
   */
  readonly bodyTimeoutMs?: number;
  /**
   * A connection is closed after this many milliseconds without an admitted call; default 300,000. Refused calls and
   * health checks do not keep a connection open, so clients that only watch the health must reconnect.
   */
  readonly idleTimeoutMs?: number;
  /**
   * An HTTP/2 connection ends gracefully (GOAWAY) after about this many milliseconds, so that a load balancer can
   * distribute the clients again. Running calls finish. By default, there is no limit.
   */
  readonly maxConnectionAgeMs?: number;
  /**
   * When to send pings on HTTP/2 connections. By default, every 30,000 ms, and the client must respond within 5,000 ms.
   */
  readonly keepalive?: Keepalive;
  /**
   * How many connections all listeners together may have; default 1,000. Beyond that, a new connection replaces one
   * without an admitted call, or one that has had no call for at least 30 seconds. If there is no such connection, the
   * new one is refused.
   */
  readonly maxConnections?: number;
  /**
   * How many connections one IPv4 address or one IPv6 network of 64 bits may have; default half of `maxConnections`.
   * - Beyond that, a new connection replaces another one from the same network.
   * - Clients behind a proxy or load balancer share its address. If all clients connect through it, set this to
   *   `maxConnections`.
   * - Both limits also apply to the number of health watches. One connection may have four.
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * How many bytes of memory requests and unread responses may take together; default 256 MiB, at least twice
   * `maxDataBytes`.
   * - One principal may use half of it. All callers without a principal together may also use half.
   * - Beyond that, calls fail with CKR_DEVICE_MEMORY and may be retried.
   */
  readonly maxPendingBytes?: number;
  /**
   * The HTTP/2 layer to use: the one of this project ("own", the default) or node:http2 ("node"). The responses are the
   * same, but node:http2 takes several times the processor time.
   */
  readonly http2?: "own" | "node";
  /**
   * Called once for every call that has ended, including refused calls. An exception that it throws becomes a warning
   * of the process.
   */
  readonly onCall?: (call: CallRecord) => void;
  /**
   * Called for logging, when a connection is refused because the extended key usage of its client certificate does not
   * name clientAuth.
   */
  readonly onUnfitCertificate?: (peer: ck.Peer) => void;
  /**
   * Called for logging, with errors that have a cause. The cause may contain internal details, so it is never sent to
   * the caller.
   */
  readonly onError?: (error: ck.CkError, rpc: string) => void;
}

/**
 * The TLS options of a listener. The listener supports TLS 1.3, and TLS 1.2 with AEAD suites, with ALPN h2 and
 * http/1.1. All values are in PEM format.
 */
export interface TlsOptions {
  /** The certificate chain, beginning with the server's certificate. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /**
   * If present, clients need a valid certificate that one of these CAs has issued. The certificate's extended key usage
   * must name clientAuth (RFC 5280 section 4.2.1.12). anyExtendedKeyUsage is not enough.
   */
  readonly clientCa?: string | Buffer | readonly (string | Buffer)[];
  /**
   * Whether the extended key usage is required; default true. If false, client certificates without that extension are
   * also accepted. RFC 5280 allows them for every use.
   */
  readonly requireClientUsage?: boolean;
  /** Certificate revocation lists (CRLs) of the client CAs. */
  readonly crl?: string | Buffer | readonly (string | Buffer)[];
}

/**
 * Says where to listen, and which credentials are required. A listener can require client certificates, bearer tokens,
 * both or neither.
 */
export interface ListenOptions {
  /**
   * IP addresses (IPv6 with or without brackets) or host names; default 127.0.0.1. A host name means all of its
   * addresses. "::" means every address of this machine, including IPv4 unless an IPv4 address is listed too.
   */
  readonly host?: string | readonly string[];
  /** The default is 9876. 0 chooses a free port, which is the same for all addresses. */
  readonly port?: number;
  /** If absent, the port is plaintext. It accepts HTTP/1.1, and HTTP/2 with prior knowledge. */
  readonly tls?: TlsOptions;
  /** If present, every call needs `authorization: <token>` or `authorization: Bearer <token>`. */
  readonly bearer?: BearerVerifier;
  /**
   * The web origins whose pages may make calls, such as "https://app.example". "*" allows all origins. By default, no
   * origin is allowed.
   */
  readonly allowedOrigins?: readonly string[];
}

/** An address that a listener is bound to. */
export interface ListenerAddress {
  /** The IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** An open port. */
export interface Listener extends ListenerAddress {
  /** All addresses of the listener. `host` and `port` are the host and port of the first one. */
  readonly addresses: readonly ListenerAddress[];
  /** Replaces the TLS options for new connections. Throws TypeError on a plaintext listener. */
  setTls(tls: TlsOptions): void;
}

/** The options of `close`. */
export interface CloseOptions {
  /** How many milliseconds running calls may take to finish before their connections are closed; default 10,000. */
  readonly graceMs?: number;
}

/** A GREP11 service on any number of ports. Each port serves gRPC, gRPC-Web, Connect and gRPC health. */
export interface Grep11Server {
  /**
   * Opens a port. Several ports may be open at once, each with its own credentials. Throws the errors of node:net and
   * node:tls.
   */
  listen(options?: ListenOptions): Promise<Listener>;
  /** How many calls are running now. */
  readonly inFlight: number;
  /** Calls `ready` again and notifies the watchers of the health service. */
  refreshHealth(): void;
  /**
   * Shuts down gracefully. The health status becomes NOT_SERVING, new calls are refused, and running calls finish.
   * After that, all connections are closed.
   */
  close(options?: CloseOptions): Promise<void>;
}
