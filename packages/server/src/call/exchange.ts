/** Defines what a transport provides for a call: the head of the request, and methods to read its body and to reply. */
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
  /** Verifies bearer tokens for the listener. Undefined if no token is required. */
  readonly bearer: BearerVerifier | undefined;
  /** The caller's deadline in milliseconds, counted from the beginning of the call. */
  readonly timeoutMs: number | undefined;
  /** Whether the request comes from a web page of an origin that the listener does not allow. */
  readonly foreignOrigin: boolean;
  /** Whether the request and the response are JSON. Otherwise they are binary protobuf. */
  readonly json: boolean;
  /** Whether the request and the response are in envelopes, see envelope.ts. */
  readonly enveloped: boolean;
  /**
   * Returns the value of the header with this lower-case name. If the header was sent more than once, returns the first
   * value.
   */
  header(name: string): string | undefined;
  /**
   * Registers a listener that is called once, when nothing more can be received or sent. Either the response has been
   * read, or the caller has disconnected.
   */
  onClose(listener: () => void): void;
}

/** The limits that a transport must observe when it reads a body. */
export interface BodyLimits {
  /** The size in bytes of the largest message, after decoding and decompression. */
  readonly maxBytes: number;
  /** How many milliseconds the body may take to arrive. */
  readonly bodyTimeoutMs: number;
  /** Counts bytes that are kept in memory. Returns false if the limit is exceeded. */
  reserve(bytes: number): boolean;
}

/** A request and the reply to it. */
export interface Exchange extends RequestHead {
  /**
   * Reads the body and returns it uncompressed, in one envelope if the protocol uses envelopes. Throws:
   * - CKR_IBM_TRANSPORT_LIMIT if the body is too large;
   * - CKR_DEVICE_MEMORY with `retry` if `reserve` returns false;
   * - CKR_IBM_REQ_TIMEOUT if the body takes too long;
   * - CKR_FUNCTION_CANCELED if the caller disconnects;
   * - other errors for malformed bodies.
   */
  read(limits: BodyLimits): Uint8Array | Promise<Uint8Array>;
  /**
   * Sends the response, in an envelope if the protocol uses envelopes, or the error. Does nothing if the caller has disconnected.
   */
  reply(result: Uint8Array | ck.CkError): void;
  /** Discards a response that the caller does not read. */
  discard(): void;
}
