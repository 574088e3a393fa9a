/**
 * Converts elliptic curve keys to the form that a GREP11 service accepts. EP11 accepts only uncompressed points on named curves,
 * whereas other software also writes compressed and hybrid points (SEC 1, 2.3.3) and explicit curve parameters. Node's OpenSSL
 * converts the points.
 */
import { ECDH } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { DerReader, der, equalBytes } from "@grep11/encoding";
import { curveOf, ecParams } from "./curves.ts";
import { decoding } from "./decoding.ts";
import { EC_PUBLIC_KEY, type KeyAlgorithm, readAlgorithm, readSpki } from "./public-key.ts";

/** The context-specific tag of the curve inside an ECPrivateKey (RFC 5915, section 3). */
const PARAMETERS_TAG = 0;
/** The context-specific tag of the public key inside an ECPrivateKey. */
const PUBLIC_KEY_TAG = 1;

/** The possible first bytes of compressed points (2 and 3) and of hybrid points (6 and 7). */
const CONVERTIBLE: readonly number[] = [0x02, 0x03, 0x06, 0x07];

/**
 * Returns `point` of the Weierstrass curve `curve` as 04 ‖ X ‖ Y. Points that are neither compressed nor hybrid are
 * returned unchanged. Errors: CKR_ARGUMENTS_BAD if `point` is not on the curve.
 */
export function uncompressedPoint(point: Uint8Array, curve: ck.CurveName): Uint8Array {
  if (!CONVERTIBLE.includes(point[0] ?? 0)) return point;
  try {
    const name = ck.CURVES[curve].opensslName ?? curve;
    const converted = ECDH.convertKey(point, name, undefined, undefined, "uncompressed");
    return new Uint8Array(converted as Buffer);
  } catch (cause) {
    throw new ck.CkError(ck.CKR_ARGUMENTS_BAD, `the point is not on the curve ${curve}`, { cause });
  }
}

/**
 * Converts the elliptic curve key `spki` to a SubjectPublicKeyInfo with a named curve and an uncompressed point. If
 * `spki` has explicit curve parameters, `curve` must name the curve. Other types of keys and unknown curves are
 * returned unchanged. Errors: CKR_ARGUMENTS_BAD for a malformed key.
 */
export function uncompressedSpki(spki: Uint8Array, curve?: ck.CurveName): Uint8Array {
  return decoding(() => {
    const { algorithm, bits } = readSpki(spki);
    const found = weierstrassCurve(algorithm, curve);
    return found === undefined ? spki : der.sequence(ecAlgorithm(found), uncompressedBits(bits, found));
  });
}

/** Like {@link uncompressedSpki}, but converts the PKCS #8 key `pkcs8` and the public key inside it. */
export function uncompressedPkcs8(pkcs8: Uint8Array, curve?: ck.CurveName): Uint8Array {
  return decoding(() => {
    const reader = DerReader.sequence(pkcs8);
    const version = der.smallInteger(reader.smallInteger());
    const found = weierstrassCurve(readAlgorithm(reader), curve);
    if (found === undefined) return pkcs8;
    const inner = DerReader.sequence(reader.octetString());
    const key = [der.smallInteger(inner.smallInteger()), der.octetString(inner.octetString())];
    inner.explicit(PARAMETERS_TAG);
    const bits = inner.explicit(PUBLIC_KEY_TAG)?.bitString();
    if (bits !== undefined) key.push(der.explicit(PUBLIC_KEY_TAG, uncompressedBits(bits, found)));
    return der.sequence(version, ecAlgorithm(found), der.octetString(der.sequence(...key)));
  });
}

/**
 * Returns the Weierstrass curve that the algorithm identifier names, or `unnamed` if it names none. Returns undefined
 * for other types of keys.
 */
function weierstrassCurve({ type, curve }: KeyAlgorithm, unnamed?: ck.CurveName): ck.CurveName | undefined {
  if (!equalBytes(type, EC_PUBLIC_KEY)) return undefined;
  const named = curve && curveOf(curve);
  return named !== undefined && ck.isWeierstrass(ck.CURVES[named]) ? named : unnamed;
}

function ecAlgorithm(curve: ck.CurveName): Uint8Array {
  return der.sequence(EC_PUBLIC_KEY, ecParams(curve));
}

function uncompressedBits(bits: Uint8Array, curve: ck.CurveName): Uint8Array {
  return der.bitString(uncompressedPoint(bits, curve));
}
