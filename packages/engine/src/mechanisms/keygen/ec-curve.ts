/** What the families for keys on curves share: finding out which curve a key is on, and what it costs. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Cost } from "../../primitives/cost.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { curveOf } from "../../primitives/keys/key-encodings.ts";

/**
 * The curves of keys in use, by the array with the bytes of the key, which never changes. Parsing the curve would take a
 * tenth of the time of a signature.
 */
const known = new WeakMap<Uint8Array, Curve>();

/**
 * Returns the curve of `key` if `fits` accepts it. Throws CKR_MECHANISM_INVALID otherwise, as EP11 does for CKK_EC keys on
 * the wrong curve.
 */
export function requireCurve(key: Key, fits: (curve: Curve) => boolean, wanted: string): Curve {
  const curve = known.get(key.value) ?? curveOf(key.value);
  if (curve !== undefined) known.set(key.value, curve);
  if (curve !== undefined && fits(curve)) return curve;
  throw new ck.CkError(ck.CKR_MECHANISM_INVALID, `the mechanism works with keys on ${wanted}`);
}

/** OpenSSL takes more than a millisecond on Weierstrass curves with more bits than this. */
const INLINE_BITS = 384;

/** Returns the cost of a signature or a key agreement on `curve`. */
export function costOnCurve(curve: Curve): Cost {
  return ck.isWeierstrass(curve) && curve.bits > INLINE_BITS ? "worker" : "inline";
}
