/** How large messages may be, in bytes. */

const MIB = 1024 * 1024;
/** Largest request of RPCs with data, unless the server is told otherwise. */
const DEFAULT_DATA_BYTES = 4 * MIB;
/** The most that may be asked for, which is what IBM's service accepts. */
export const MAX_DATA_BYTES = 64 * MIB;
/** Default limit of a JSON message: one of this size is read and written in a few milliseconds. */
const DEFAULT_JSON_BYTES = 128 * 1024;
/** Bytes of memory per byte of a JSON message, including the garbage from reading it and writing the response. */
export const JSON_WEIGHT = 32;

/** The sizes that a server is configured with. */
export interface SizeLimits {
  readonly maxDataBytes?: number;
  readonly maxJsonBytes?: number | false;
}

/** The limit of requests with data, as binary messages. */
export function dataLimit({ maxDataBytes = DEFAULT_DATA_BYTES }: SizeLimits): number {
  return Math.min(maxDataBytes, MAX_DATA_BYTES);
}

/** The limit of all messages in JSON; 0: the server does not accept JSON. */
export function jsonLimit({ maxJsonBytes = DEFAULT_JSON_BYTES }: SizeLimits): number {
  return maxJsonBytes === false ? 0 : Math.min(maxJsonBytes, MAX_DATA_BYTES);
}
