/** Point arithmetic on short Weierstrass curves. It is not constant-time, so it must only be used with public values. */

import { generateKeyPairSync } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, DerReader, EncodingError, toBigInt } from "@grep11/encoding";
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import type { Curve } from "./curves.ts";

type CurvePoint = WeierstrassPoint<bigint>;

const POINTS = new Map<Curve, WeierstrassPointCons<bigint>>();

/**
 * Returns the arithmetic of a curve. Takes the curve parameters from a key that OpenSSL has exported (SpecifiedECDomain,
 * SEC 1, C.2). Throws {@link EncodingError} for curves that OpenSSL does not have or that are not short Weierstrass curves.
 */
export function pointsOf(curve: Curve): WeierstrassPointCons<bigint> {
  const known = POINTS.get(curve);
  if (known !== undefined) return known;
  if (!ck.isWeierstrass(curve) || curve.opensslName === undefined)
    throw new EncodingError(`no points on ${curve.name}`);
  const { publicKey } = generateKeyPairSync("ec", {
    namedCurve: curve.opensslName,
    paramEncoding: "explicit",
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "der", type: "pkcs8" },
  });
  const algorithm = DerReader.sequence(publicKey).sequence();
  algorithm.oid();
  const domain = algorithm.sequence();
  domain.smallInteger();
  const field = domain.sequence();
  field.oid();
  const p = toBigInt(field.integer());
  const coefficients = domain.sequence();
  const a = toBigInt(coefficients.octetString());
  const b = toBigInt(coefficients.octetString());
  const base = domain.octetString();
  const Gx = toBigInt(base.subarray(1, 1 + curve.fieldBytes));
  const Gy = toBigInt(base.subarray(1 + curve.fieldBytes));
  const points = weierstrass({ p, n: curve.order, h: 1n, a, b, Gx, Gy });
  POINTS.set(curve, points);
  return points;
}

/** Returns the point of an uncompressed encoding; undefined if it is not on the curve. */
export function pointOf(curve: Curve, encoded: Uint8Array): CurvePoint | undefined {
  try {
    return pointsOf(curve).fromBytes(encoded);
  } catch {
    return undefined;
  }
}

/** Returns the compressed form (SEC 1, 2.3.3) of an uncompressed point. */
export function compressedPoint(point: Uint8Array): Uint8Array {
  const half = (point.length - 1) / 2;
  return concatenate(Uint8Array.of(2 | (point.at(-1)! & 1)), point.subarray(1, 1 + half));
}
