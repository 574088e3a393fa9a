/** What a transport gives to a call: the head of the request, and the two capabilities to read its body and to reply. */
import type * as ck from "@grep11/cryptoki";
import type { Connection } from "../listener/connection.ts";
import type { BearerVerifier } from "../options.ts";

/** The head of a request. */
export interface RequestHead {
  readonly protocol: NonNullable<ck.CallContext["protocol"]>;
  readonly connection: Pick<Connection, "peer" | "network" | "callAdmitted" | "callEnded" | "misused">;
  /** The verifier of the listener; undefined: no bearer token is needed. */
  readonly bearer: BearerVerifier | undefined;
  /** The caller's deadline in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** The request comes from a web page of an origin that the listener does not allow. */
  readonly foreignOrigin: boolean;
  /** Request and response are JSON, otherwise binary protobuf. */
  readonly json: boolean;
  /** Request and response are in envelopes (envelope.ts). */
  readonly enveloped: boolean;
  /** The header of this name in lower case, the first one if it was sent twice. */
  header(name: string): string | undefined;
  /** `listener` is called once, when nothing more can be received or sent: the response has been read, or the caller is gone. */
  onClose(listener: () => void): void;
}

/** The bounds within which a transport reads a body. */
export interface BodyLimits {
  /** Largest message, after decoding and decompression. */
  readonly maxBytes: number;
  /** Longest time until the body is complete. */
  readonly bodyTimeoutMs: number;
  /** Counts bytes that are kept in memory; returns false when these are too many. */
  reserve(bytes: number): boolean;
}

/**
 * Reads the body: uncompressed, in one envelope where the protocol has them. Errors: CKR_IBM_TRANSPORT_LIMIT, CKR_DEVICE_MEMORY
 * with `retry`, CKR_IBM_REQ_TIMEOUT, CKR_FUNCTION_CANCELED when the caller hangs up, others for malformed bodies.
 */
export type ReadBody = (limits: BodyLimits) => Promise<Uint8Array>;

/** The two capabilities. */
export interface Exchange {
  readonly read: ReadBody;
  /**
   * Sends the response, in an envelope where the protocol has them, or the error. Does nothing if the caller is gone. Returns what
   * discards a response that the caller does not read.
   */
  reply(result: Uint8Array | ck.CkError): () => void;
}
