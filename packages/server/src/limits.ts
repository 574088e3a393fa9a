/** How large a request may be. */
import { codecs, type Ep11Method, MAX_STRUCTURE_BYTES, wire } from "@grep11/proto";

const MIB = 1024 * 1024;
/** Largest request of RPCs with data, unless the server is told otherwise. */
export const DEFAULT_DATA_BYTES = 4 * MIB;
/** The most that may be asked for: what IBM's service takes. */
export const MAX_DATA_BYTES = 64 * MIB;

/** Fields that carry a caller's data, whose size is the caller's choice. */
const DATA_FIELDS: ReadonlySet<string> = new Set(["Data", "Plain", "Ciphered", "Wrapped"]);

const METHODS_WITH_DATA: ReadonlySet<Ep11Method> = new Set(
  (Object.keys(codecs) as Ep11Method[]).filter((method) =>
    wire.Crypto.method[method].input.fields.some((field) => DATA_FIELDS.has(field.name)),
  ),
);

/** The limit of `method`: `maxDataBytes` with data, MAX_STRUCTURE_BYTES without. */
export function callLimit(method: Ep11Method, maxDataBytes: number = DEFAULT_DATA_BYTES): number {
  return METHODS_WITH_DATA.has(method) ? Math.min(maxDataBytes, MAX_DATA_BYTES) : MAX_STRUCTURE_BYTES;
}
