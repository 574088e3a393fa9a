/** Limits the size of a request's head: its request line or pseudo-header fields, and all other fields. */

/** How many milliseconds the head of an HTTP/1.1 request, or the first bytes of a connection, may take to arrive. */
export const HEAD_TIMEOUT_MS = 10_000;
/** The largest head, in bytes as HTTP/2 counts them (RFC 9113 section 6.5.2). gRPC's C core and node:http have the same limit. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** How many fields a head may have; a name that is sent twice counts twice. */
export const MAX_HEAD_FIELDS = 64;
/** How many bytes a field counts in addition to its name and value. */
const FIELD_OVERHEAD = 32;

/** Whether a head is within the limits. In `rawHeaders`, names and values alternate. */
export function isSmallHead(rawHeaders: readonly string[]): boolean {
  if (rawHeaders.length > 2 * MAX_HEAD_FIELDS) return false;
  let bytes = (rawHeaders.length / 2) * FIELD_OVERHEAD;
  for (const text of rawHeaders) bytes += text.length;
  return bytes <= MAX_HEAD_BYTES;
}
