/** Limits the size of a request's head, which is the request line or the pseudo-header fields, and all other fields. */

/**
 * How many milliseconds the first bytes of a connection may take to arrive. The head of an HTTP/1.1 request has the
 * same time.
 */
export const HEAD_TIMEOUT_MS = 10_000;
/**
 * The size in bytes of the largest head, as HTTP/2 counts it (RFC 9113 section 6.5.2). gRPC's C core and node:http have
 * the same limit.
 */
export const MAX_HEAD_BYTES = 16 * 1024;
/** How many fields a head may have. A name that is sent twice counts twice. */
export const MAX_HEAD_FIELDS = 64;
/** The size of a field is the length of its name and value, plus this many bytes. */
const FIELD_OVERHEAD = 32;

/** Returns whether a head is within the limits. In `rawHeaders`, names and values alternate. */
export function isSmallHead(rawHeaders: readonly string[]): boolean {
  if (rawHeaders.length > 2 * MAX_HEAD_FIELDS) return false;
  let bytes = (rawHeaders.length / 2) * FIELD_OVERHEAD;
  for (const text of rawHeaders) bytes += text.length;
  return bytes <= MAX_HEAD_BYTES;
}
