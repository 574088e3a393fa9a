import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Cost } from "../../primitives/cost.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { curveOf } from "../../primitives/keys/key-encodings.ts";

/** Remembers curves by the bytes of keys. Parsing a key again would take a tenth of the time of a signature. */
const known = new WeakMap<Uint8Array, Curve>();

/** Returns the curve of `key`. Throws CKR_MECHANISM_INVALID unless `fits` accepts it, as EP11 does for the wrong curve. */
export function requireCurve(key: Key, fits: (curve: Curve) => boolean, wanted: string): Curve {
  const curve = known.get(key.value) ?? curveOf(key.value);
  if (curve !== undefined) known.set(key.value, curve);
  if (curve !== undefined && fits(curve)) return curve;
  throw new ck.CkError(ck.CKR_MECHANISM_INVALID, `the mechanism works with keys on ${wanted}`);
}

/** On Weierstrass curves with more bits than this, OpenSSL takes more than a millisecond. */
const INLINE_BITS = 384;

export function costOnCurve(curve: Curve): Cost {
  return ck.isWeierstrass(curve) && curve.bits > INLINE_BITS ? "worker" : "inline";
}
