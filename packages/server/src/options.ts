/** What a server is made of and where it listens: the public types of this package. */
import type { CkError, Ep11 } from "@grep11/cryptoki";
import type { Action } from "./services/actions.ts";

/** Who sends a call, as the connection and its credentials say. */
export interface Principal {
  /** Stands in the audit record, and in CallOptions.principal, by which the engine shares bounded resources. */
  readonly name: string;
  /** What the authoriser decides by; this package gives meaning to "Reader", "Writer" and "Manager" only (authoriseByRole). */
  readonly roles?: readonly string[];
}

/** The other end of a connection. */
export interface Peer {
  /** IP address; undefined when the connection is already gone. */
  readonly address: string | undefined;
  /** The client certificate that TLS verified. */
  readonly certificate?: PeerCertificate;
}

/** A verified client certificate. */
export interface PeerCertificate {
  /** Common name of the subject, or the fingerprint when it has none. */
  readonly name: string;
  /** SHA-256 of the DER certificate, 64 lower-case hex digits. */
  readonly sha256: string;
}

/** Answers who holds `token`, or undefined when it is not valid. The word Bearer is already cut off. */
export type BearerVerifier = (token: string, peer: Peer) => Principal | undefined | Promise<Principal | undefined>;

/** Answers whether `principal` (undefined: an open listener) may do `action`. */
export type Authoriser = (principal: Principal | undefined, action: Action) => boolean | Promise<boolean>;

/** One finished call, for metrics and audit. Holds names and numbers only, never bytes of a request. */
export interface CallRecord {
  /** Name of the RPC, such as "SignSingle". */
  readonly rpc: string;
  readonly action: Action;
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly principal: string | undefined;
  readonly peer: Peer;
  /** False for a call that was refused before its body was read: no valid credential, no right, a server that stops. */
  readonly admitted: boolean;
  /** CKR_OK or the CK_RV of the failure. */
  readonly rv: number;
  /** From the first byte of the call to its answer, in milliseconds. */
  readonly ms: number;
}

/** How a dead HTTP/2 connection is noticed, in milliseconds. */
export interface Keepalive {
  readonly intervalMs: number;
  /** A ping that is not answered within this ends the connection. */
  readonly timeoutMs: number;
}

/** How a server treats calls; shared by all its listeners. */
export interface Grep11ServerOptions {
  /** What answers the calls. */
  readonly ep11: Ep11;
  /** Decides which principal may do what; default: everybody who is admitted may do everything. */
  readonly authorise?: Authoriser;
  /** Whether calls can be answered now, asked by health checks; default: always. Tell changes with `refreshHealth`. */
  readonly ready?: () => boolean;
  /** Largest request of RPCs that carry data, in bytes; default 4 MiB, at most 64 MiB. All others take 64 KiB. */
  readonly maxDataBytes?: number;
  /**
   * Largest request in JSON, in bytes; default 128 KiB. JSON takes many times the time and memory of binary messages, which
   * counts in `maxPendingBytes`. Responses have the same limit, measured before base64. False turns JSON off.
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
   * health checks keep none open, so who only watches the health is asked to connect anew as often.
   */
  readonly idleTimeoutMs?: number;
  /**
   * HTTP/2 connections are asked to end (GOAWAY) after about this time, in milliseconds, so that clients of a load balancer
   * spread anew; calls under way are finished. Default: never.
   */
  readonly maxConnectionAgeMs?: number;
  /** Pings on HTTP/2 connections; default every 30,000 ms, answered within 5,000 ms. */
  readonly keepalive?: Keepalive;
  /**
   * Most connections over all listeners; default 1,000. One more takes the place of one that no call was admitted over yet,
   * or that has been without a call for 30 seconds or more; it is refused while all are in use.
   */
  readonly maxConnections?: number;
  /**
   * Most connections from one IPv4 address or one IPv6 network of 64 bits; default half of `maxConnections`. One more takes
   * the place of one of them. Clients behind one proxy or load balancer share an address: raise it to `maxConnections`
   * where these are all the clients that there are. Health watches have the same two bounds, and four over one connection.
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Most bytes of all requests that are being read or worked on, and of all responses that wait to be read; default 256 MiB, at
   * least twice `maxDataBytes`. One principal may have half of it, and so may all callers without a principal. Beyond that
   * calls get CKR_DEVICE_MEMORY, to be tried again.
   */
  readonly maxPendingBytes?: number;
  /**
   * Serves plain gRPC straight from HTTP/2 streams; default true. False sends it the way of all other protocols, which
   * answers alike and takes about six times as long.
   */
  readonly fastPath?: boolean;
  /** Called once for every finished call, also for refused ones. What it throws becomes a warning of the process. */
  readonly onCall?: (record: CallRecord) => void;
  /** Called for a connection that is refused because its verified client certificate does not name clientAuth; for the log. */
  readonly onUnfitCertificate?: (peer: Peer) => void;
  /** Called for failures that have a cause below; for the log. The cause may be anything and never leaves the server. */
  readonly onError?: (error: CkError, rpc: string) => void;
}

/** TLS of a listener: 1.2 with AEAD suites or 1.3, ALPN h2 and http/1.1. PEM everywhere. */
export interface TlsOptions {
  /** Certificate chain, the server's first. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /**
   * With it a client certificate is required: signed by one of these, in date, and with an extended key usage that names
   * clientAuth (RFC 5280 section 4.2.1.12; anyExtendedKeyUsage is not enough).
   */
  readonly clientCa?: string | Buffer | readonly (string | Buffer)[];
  /** False accepts client certificates without any extended key usage too, which RFC 5280 permits every use; default true. */
  readonly requireClientUsage?: boolean;
  /** Revocation lists of the client CAs. */
  readonly crl?: string | Buffer | readonly (string | Buffer)[];
}

/** Where to listen, and what a connection must bring. Client certificates and bearer tokens are independent. */
export interface ListenOptions {
  /**
   * IP addresses, IPv6 with or without brackets, or host names, of which all addresses count; default 127.0.0.1. "::" is all
   * of this machine, over IPv4 too, unless an IPv4 address is listed besides.
   */
  readonly host?: string | readonly string[];
  /** Default 9876; 0 takes a free one, the same for all addresses. */
  readonly port?: number;
  /** Absent: plaintext, for HTTP/2 with prior knowledge and HTTP/1.1. */
  readonly tls?: TlsOptions;
  /** With it every call needs `authorization: <token>` or `authorization: Bearer <token>`. */
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
  /** How long running calls may take to finish before their connections are cut, in milliseconds; default 10,000. */
  readonly graceMs?: number;
}

/** A GREP11 service on any number of ports: gRPC, gRPC-Web and Connect on each, and gRPC health. */
export interface Grep11Server {
  /** Opens a port; several may be open at once, each with its own credentials. Errors: those of node:net and node:tls. */
  listen(options?: ListenOptions): Promise<Listener>;
  /** Calls that are running now. */
  readonly inFlight: number;
  /** Asks `ready` again and tells those who watch the health service. */
  refreshHealth(): void;
  /** Stops as SIGTERM wants it: health NOT_SERVING, no new calls, running calls finish, then everything is closed. */
  close(options?: CloseOptions): Promise<void>;
}
