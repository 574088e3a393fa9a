/** What is known about one call: for interceptors while it runs, and for records once it has ended. */

/** The caller, as identified by the connection and the credentials. */
export interface Principal {
  /** Recorded for audit, and passed on as CallOptions.principal, by which the engine divides limited resources. */
  readonly name: string;
  /** The roles by which an authoriser decides. */
  readonly roles?: readonly string[];
}

/** The other end of a connection. */
export interface Peer {
  /** IP address; undefined if the connection has already been closed. */
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

/** A key that a call has opened or created. */
export interface UsedKey {
  /**
   * Identifies the key inside the HSM; SetAttributeValue and RewrapKeyBlob do not change it. The uid of a public key is a hash of
   * its value. Records must therefore contain a keyed hash of the uid, never the uid itself.
   */
  readonly uid: Uint8Array;
  /** The WKID of the master key that seals it; undefined for a public key without a MAC. */
  readonly wkid: Uint8Array | undefined;
}

/** What an implementation of Ep11 reports about a call if the caller asks for it (CallOptions.report). */
export interface CallReport {
  /** The mechanisms (CKM_*) that the request names, and that of an operation which a state continues. */
  readonly mechanisms: number[];
  /** The keys in the order in which they were opened or created. */
  readonly keys: UsedKey[];
}

/**
 * One call. Its fields are filled in as the call proceeds; undefined means that the value is not known yet, or not known on this
 * side. It never contains bytes of the request or the response. Only `metadata` of a client's call may be changed.
 */
export interface CallContext {
  /** Identifies the call in the records of a server. */
  readonly requestId?: string | undefined;
  /** Full name of the service, such as "grep11.Crypto". */
  readonly service: string;
  /** Name of the RPC, such as "SignSingle". */
  readonly rpc: string;
  /** What the call does, in terms of access rights, such as "sign". Only known to servers. */
  readonly action?: string | undefined;
  readonly protocol?: "grpc" | "grpc-web" | "connect" | undefined;
  readonly peer?: Peer | undefined;
  readonly trace?: TraceContext | undefined;
  /**
   * On a server, the request headers that are passed on: bluemix-instance and grep11-domain. On a client, the headers to send, to
   * which interceptors may add.
   */
  readonly metadata: Record<string, string>;
  /** When the call began, on the clock of `performance.now()`. */
  readonly start: number;
  /** Whether the server has admitted the call, which it decides before it reads the body. */
  readonly admitted?: boolean | undefined;
  /** Undefined for a caller without credentials, if the listener requires none. */
  readonly caller?: Principal | undefined;
  /**
   * The mechanisms (CKM_*) that the request names: one, or two for ReencryptSingle. If the request has a state, the engine adds
   * the mechanism of the state.
   */
  readonly mechanisms: readonly number[];
  /** The keys that the engine has opened or created. Empty if the HSM is another program. */
  readonly keys: readonly UsedKey[];
  /** Size of the request message in bytes. */
  readonly bytesIn?: number | undefined;
  /** Size of the response message in bytes. */
  readonly bytesOut?: number | undefined;
  /** CKR_OK, or the CK_RV of the failure. In an interceptor, it is set once `next` has settled. */
  readonly rv?: number | undefined;
  /** Milliseconds from the start of the call to the moment at which `rv` was set. */
  readonly ms?: number | undefined;
}
