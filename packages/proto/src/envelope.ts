/**
 * The size in bytes of the envelope that gRPC and gRPC-Web write before a message: one byte of flags, and the length of the
 * message in four bytes, big-endian.
 */
export const ENVELOPE_BYTES = 5;
