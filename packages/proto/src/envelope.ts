/**
 * Size in bytes of the envelope that gRPC and gRPC-Web write before a message: one byte of flags and four of the message's
 * length, big-endian.
 */
export const ENVELOPE_BYTES = 5;
