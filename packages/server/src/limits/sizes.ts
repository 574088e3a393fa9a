/** How large a request may be. */
import { codecs, type Ep11Method, MAX_STRUCTURE_BYTES, wire } from "@grep11/proto";

const MIB = 1024 * 1024;
/** Largest request of RPCs with data, unless the server is told otherwise. */
export const DEFAULT_DATA_BYTES = 4 * MIB;
/** The most that may be asked for: what IBM's service takes. */
export const MAX_DATA_BYTES = 64 * MIB;

/** Default limit of a JSON message: one of this size is read and written in a few milliseconds. */
export const DEFAULT_JSON_BYTES = 128 * 1024;
/** Bytes of memory per byte of a JSON message, including the garbage from reading it and writing the response. */
export const JSON_WEIGHT = 32;

/** Fields that carry a caller's data, whose size is the caller's choice. */
const DATA_FIELDS: ReadonlySet<string> = new Set(["Data", "Plain", "Ciphered", "Wrapped"]);

const METHODS_WITH_DATA: ReadonlySet<Ep11Method> = new Set(
  (Object.keys(codecs) as Ep11Method[]).filter((method) =>
    wire.Crypto.method[method].input.fields.some((field) => DATA_FIELDS.has(field.name)),
  ),
);

/** How large requests may be. */
export interface SizeLimits {
  readonly maxDataBytes?: number;
  readonly maxJsonBytes?: number | false;
}

/** Most bytes of a JSON message of any method; 0: JSON is not taken. */
export function jsonLimit({ maxJsonBytes = DEFAULT_JSON_BYTES }: SizeLimits): number {
  return maxJsonBytes === false ? 0 : Math.min(maxJsonBytes, MAX_DATA_BYTES);
}

/** Most bytes of a request of `method`: `maxDataBytes` with data, MAX_STRUCTURE_BYTES without; no more than jsonLimit as JSON. */
export function callLimit(method: Ep11Method, limits: SizeLimits, json: boolean): number {
  const { maxDataBytes = DEFAULT_DATA_BYTES } = limits;
  const most = METHODS_WITH_DATA.has(method) ? Math.min(maxDataBytes, MAX_DATA_BYTES) : MAX_STRUCTURE_BYTES;
  return json ? Math.min(most, jsonLimit(limits)) : most;
}
