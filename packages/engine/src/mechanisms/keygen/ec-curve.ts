/** What the families for keys on curves share: which curves a mechanism takes, and what they cost. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Cost } from "../../primitives/cost.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { curveOf } from "../../primitives/keys/key-encodings.ts";

/** The curves of keys in use, by the bytes of the key, which do not change meanwhile: finding one costs a tenth of a signature. */
const known = new WeakMap<Uint8Array, Curve>();

/** The curve of `key` if it `fits`; throws CKR_MECHANISM_INVALID, as EP11 does for CKK_EC keys of the wrong curve. */
export function requireCurve(key: Key, fits: (curve: Curve) => boolean, wanted: string): Curve {
  const curve = known.get(key.value) ?? curveOf(key.value);
  if (curve !== undefined) known.set(key.value, curve);
  if (curve !== undefined && fits(curve)) return curve;
  throw new ck.CkError(ck.CKR_MECHANISM_INVALID, `the mechanism works with keys on ${wanted}`);
}

/** OpenSSL takes more than a millisecond for Weierstrass curves above this size. */
const INLINE_BITS = 384;

/** The cost of a signature or an agreement on `curve`. */
export function costOnCurve(curve: Curve): Cost {
  return ck.isWeierstrass(curve) && curve.bits > INLINE_BITS ? "worker" : "inline";
}
