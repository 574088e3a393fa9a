/** Describes one call, for interceptors while the call runs, and for log records after it has ended. */

/** The caller, as identified by the connection and the credentials. */
export interface Principal {
  /** Written to the audit log, and passed to the engine as CallOptions.principal. */
  readonly name: string;
  /** The roles on which an authoriser bases its decision. */
  readonly roles?: readonly string[];
}

/** The other end of a connection. */
export interface Peer {
  /** The IP address; undefined if the connection has already been closed. */
  readonly address: string | undefined;
  /** The client certificate that TLS verified. */
  readonly certificate?: PeerCertificate;
}

/** A verified client certificate. */
export interface PeerCertificate {
  /** The common name of the subject, or the fingerprint of the certificate if the subject has no common name. */
  readonly name: string;
  /** The SHA-256 hash of the DER certificate, as 64 lower-case hex digits. */
  readonly sha256: string;
}

/**
 * The trace span in which a call was made (W3C Trace Context, `traceparent`). The names are those of OpenTelemetry's SpanContext.
 */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** Bit 0 is set if the trace is sampled. */
  readonly traceFlags: number;
}

/** A key that a call has opened or created. */
export interface UsedKey {
  /**
   * Identifies the key inside the HSM, and does not change when SetAttributeValue or RewrapKeyBlob creates a new blob. The uid of
   * a public key is a hash of its value, so records must contain a keyed hash of the uid, never the uid itself.
   */
  readonly uid: Uint8Array;
  /** The identifier (WKID) of the master key that seals the key; undefined for a public key without a MAC. */
  readonly wkid: Uint8Array | undefined;
}

/** The mechanisms and keys of a call. An implementation of Ep11 fills it in if the caller passes it as CallOptions.report. */
export interface CallReport {
  /** The mechanisms (CKM_*) that the request names, and the mechanism of its state if it has one. */
  readonly mechanisms: number[];
  /** The keys, in the order in which they were opened or created. */
  readonly keys: UsedKey[];
}

/**
 * One call. Its fields are filled in as the call proceeds. A field is undefined while its value is not known, or if this side of
 * the connection never learns it. No field contains bytes of the request or the response. Interceptors may change only the
 * `metadata` of a client's call.
 */
export interface CallContext {
  /** Identifies the call in the records of a server. */
  readonly requestId?: string | undefined;
  /** The full name of the service, such as "grep11.Crypto". */
  readonly service: string;
  /** The name of the RPC, such as "SignSingle". */
  readonly rpc: string;
  /** The access right that the call needs, such as "sign". Only known to servers. */
  readonly action?: string | undefined;
  readonly protocol?: "grpc" | "grpc-web" | "connect" | undefined;
  readonly peer?: Peer | undefined;
  readonly trace?: TraceContext | undefined;
  /**
   * On a server, the request headers bluemix-instance and grep11-domain. On a client, the headers to send, to which interceptors
   * may add.
   */
  readonly metadata: Record<string, string>;
  /** The time at which the call began, in milliseconds of `performance.now()`. */
  readonly start: number;
  /** Whether the server has admitted the call. It decides this before it reads the body. */
  readonly admitted?: boolean | undefined;
  /** The caller; undefined if it has no credentials and the listener requires none. */
  readonly caller?: Principal | undefined;
  /**
   * The mechanisms (CKM_*) that the request names: two for ReencryptSingle, otherwise one. If the request has a state, the engine
   * adds the mechanism of the state.
   */
  readonly mechanisms: readonly number[];
  /** The keys that the engine has opened or created. Empty if the HSM runs in another process. */
  readonly keys: readonly UsedKey[];
  /** The size of the request message in bytes. */
  readonly bytesIn?: number | undefined;
  /** The size of the response message in bytes. */
  readonly bytesOut?: number | undefined;
  /** CKR_OK, or the CK_RV of the failure. In an interceptor, it is set once `next` has settled. */
  readonly rv?: number | undefined;
  /** How many milliseconds the call took until `rv` was set. */
  readonly ms?: number | undefined;
}
