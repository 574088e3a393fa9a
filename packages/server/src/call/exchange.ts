/** What a transport provides for a call: the head of the request, and methods to read its body and to reply. */
import type * as ck from "@grep11/cryptoki";
import type { Connection } from "../listener/connection.ts";
import type { BearerVerifier } from "../options.ts";

/** The head of a request. */
export interface RequestHead {
  readonly protocol: NonNullable<ck.CallContext["protocol"]>;
  readonly connection: Pick<
    Connection,
    "peer" | "network" | "callArrived" | "callRefused" | "callAdmitted" | "callEnded" | "misused"
  >;
  /** The listener's verifier of bearer tokens; undefined if no token is required. */
  readonly bearer: BearerVerifier | undefined;
  /** The caller's deadline in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Whether the request comes from a web page of an origin that the listener does not allow. */
  readonly foreignOrigin: boolean;
  /** Whether request and response are JSON; otherwise they are binary protobuf. */
  readonly json: boolean;
  /** Whether request and response are in envelopes (envelope.ts). */
  readonly enveloped: boolean;
  /** Returns the header with this lower-case name; if it was sent more than once, the first one. */
  header(name: string): string | undefined;
  /**
   * `listener` is called once, when nothing more can be received or sent, because the response has been read or the caller has
   * disconnected.
   */
  onClose(listener: () => void): void;
}

/** The limits that a transport must observe when it reads a body. */
export interface BodyLimits {
  /** Size in bytes of the largest message, after decoding and decompression. */
  readonly maxBytes: number;
  /** How long the body may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Counts bytes that are kept in memory. Returns false if there are too many. */
  reserve(bytes: number): boolean;
}

/** A request and the reply to it. */
export interface Exchange extends RequestHead {
  /**
   * Reads the body and returns it uncompressed, in one envelope if the protocol uses envelopes. Errors: CKR_IBM_TRANSPORT_LIMIT,
   * CKR_DEVICE_MEMORY with `retry`, CKR_IBM_REQ_TIMEOUT, CKR_FUNCTION_CANCELED when the caller disconnects, others for malformed
   * bodies.
   */
  read(limits: BodyLimits): Uint8Array | Promise<Uint8Array>;
  /**
   * Sends the response, in an envelope if the protocol uses envelopes, or the error. Does nothing if the caller has disconnected.
   */
  reply(result: Uint8Array | ck.CkError): void;
  /** Discards a response that the caller does not read. */
  discard(): void;
}
