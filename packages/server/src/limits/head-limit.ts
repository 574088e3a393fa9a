/** How large the head of a request may be: its request line or pseudo-header fields, and all other fields. */

/** Size as HTTP/2 counts it (RFC 9113 section 6.5.2); the same limit as in gRPC's C core and node:http. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** Most fields; names sent twice count twice. */
export const MAX_HEAD_FIELDS = 64;
/** What a field counts in addition to the bytes of its name and value. */
const FIELD_OVERHEAD = 32;

/** Whether a head is within the limits; `rawHeaders` alternates names and values. */
export function isSmallHead(rawHeaders: readonly string[]): boolean {
  if (rawHeaders.length > 2 * MAX_HEAD_FIELDS) return false;
  let bytes = (rawHeaders.length / 2) * FIELD_OVERHEAD;
  for (const text of rawHeaders) bytes += text.length;
  return bytes <= MAX_HEAD_BYTES;
}
