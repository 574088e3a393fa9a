/** How large the head of a request may be: its request line or pseudo-header fields, and all other fields. */

/** By the size that HTTP/2 counts (RFC 9113 section 6.5.2); as much as gRPC's C core and node:http take. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** Most fields, names sent twice counted twice. */
export const MAX_HEAD_FIELDS = 64;
/** What a field counts besides the bytes of its name and value. */
const FIELD_OVERHEAD = 32;

/** Whether a head of these names and values in turn is within the limits. */
export function isSmallHead(rawHeaders: readonly string[]): boolean {
  if (rawHeaders.length > 2 * MAX_HEAD_FIELDS) return false;
  let bytes = (rawHeaders.length / 2) * FIELD_OVERHEAD;
  for (const text of rawHeaders) bytes += text.length;
  return bytes <= MAX_HEAD_BYTES;
}
