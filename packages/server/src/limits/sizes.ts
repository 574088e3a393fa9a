/** Limits the size of messages, in bytes. */

const MIB = 1024 * 1024;
/** The default limit, in bytes, of a request to an RPC that takes data. */
const DEFAULT_DATA_BYTES = 4 * MIB;
/** The largest value that `maxDataBytes` may have. IBM's service has the same limit. */
export const MAX_DATA_BYTES = 64 * MIB;
/**
 * The default limit, in bytes, of a JSON message. Reading and writing a message of this size takes a few milliseconds.
 */
const DEFAULT_JSON_BYTES = MIB;
/**
 * How many bytes of memory each byte of a JSON message takes, including the garbage from parsing it and from writing
 * the response.
 */
export const JSON_WEIGHT = 8;

/** The sizes that a server can be configured with. */
export interface SizeLimits {
  readonly maxDataBytes?: number;
  readonly maxJsonBytes?: number | false;
}

/** Returns the limit, in bytes, of binary requests with data. */
export function dataLimit({ maxDataBytes = DEFAULT_DATA_BYTES }: SizeLimits): number {
  return Math.min(maxDataBytes, MAX_DATA_BYTES);
}

/** Returns the limit, in bytes, of all JSON messages. 0 means that the server does not accept JSON. */
export function jsonLimit({ maxJsonBytes = DEFAULT_JSON_BYTES }: SizeLimits): number {
  return maxJsonBytes === false ? 0 : Math.min(maxJsonBytes, MAX_DATA_BYTES);
}
