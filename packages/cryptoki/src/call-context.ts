/** What is known of one call: for interceptors while it proceeds, and for records once it has ended. */

/** Who sends a call, as the connection and its credentials say. */
export interface Principal {
  /** Recorded for audit, and passed on as CallOptions.principal, by which the engine shares bounded resources. */
  readonly name: string;
  /** What an authoriser decides by. */
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

/** The span that sent a call (W3C Trace Context, `traceparent`), with the field names of OpenTelemetry's SpanContext. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** Bit 0: the trace is sampled. */
  readonly traceFlags: number;
}

/** A key that a call has opened or made. */
export interface UsedKey {
  /**
   * Identifies the key inside the HSM, unchanged by SetAttributeValue and RewrapKeyBlob. That of a public key is a hash of its
   * value, so records show a keyed hash of the uid, never the uid itself.
   */
  readonly uid: Uint8Array;
  /** The WKID of the master key that seals it; undefined for a public key without a MAC. */
  readonly wkid: Uint8Array | undefined;
}

/** What an implementation of Ep11 reports about a call, on request (CallOptions.report). */
export interface CallReport {
  /** CKM_*: those that the request names, and the one of an operation that a state continues. */
  readonly mechanisms: number[];
  /** In the order in which they were opened or made. */
  readonly keys: UsedKey[];
}

/**
 * One call. Its fields are filled in as the call proceeds; undefined means not known yet, or not known on this side. It never
 * holds bytes of the request or the response. Only `metadata` of a client's call may be changed.
 */
export interface CallContext {
  /** Identifies the call in the records of a server. */
  readonly requestId?: string | undefined;
  /** Full name of the service, such as "grep11.Crypto". */
  readonly service: string;
  /** Name of the RPC, such as "SignSingle". */
  readonly rpc: string;
  /** What the call does, in terms of access rights, such as "sign". Known to servers. */
  readonly action?: string | undefined;
  readonly protocol?: "grpc" | "grpc-web" | "connect" | undefined;
  readonly peer?: Peer | undefined;
  readonly trace?: TraceContext | undefined;
  /** Server: the request headers that are passed on, bluemix-instance and grep11-domain. Client: the headers to send, which interceptors may add to. */
  readonly metadata: Record<string, string>;
  /** When the call began, on the clock of `performance.now()`. */
  readonly start: number;
  /** Whether the server accepted caller and action, which it decides before it reads the body. */
  readonly admitted?: boolean | undefined;
  /** Undefined for a caller without credentials, on a listener that asks for none. */
  readonly caller?: Principal | undefined;
  /** CKM_*, as the request names them: one, two for ReencryptSingle. For a call with a state the engine adds its mechanism. */
  readonly mechanisms: readonly number[];
  /** The keys that the engine has opened or made; empty where another program is the HSM. */
  readonly keys: readonly UsedKey[];
  /** Size of the request message. */
  readonly bytesIn?: number | undefined;
  /** Size of the response message. */
  readonly bytesOut?: number | undefined;
  /** CKR_OK or the CK_RV of the failure. An interceptor sees what `next` came to. */
  readonly rv?: number | undefined;
  /** Milliseconds from the start of the call to the moment at which `rv` was set. */
  readonly ms?: number | undefined;
}
