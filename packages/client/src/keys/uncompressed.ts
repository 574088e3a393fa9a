/**
 * Points of elliptic curves as a GREP11 service reads them. EP11 takes uncompressed points on named curves only; other
 * software also writes compressed and hybrid points (SEC 1, 2.3.3) and curves by their parameters. Node's OpenSSL converts
 * the points.
 */
import { ECDH } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "./bytes.ts";
import { type CurveName, curveOf, ecParams, oid } from "./curves.ts";
import { DER, type DerElement, readElement, readElements, requireElement, writeElement } from "./der.ts";

const EC_PUBLIC_KEY = oid("1.2.840.10045.2.1");

/** Tag of the public key inside an ECPrivateKey (RFC 5915, section 3). */
const PUBLIC_KEY_TAG = 0xa1;

/** First bytes of compressed and of hybrid points. */
const CONVERTIBLE: readonly number[] = [0x02, 0x03, 0x06, 0x07];

/** The name OpenSSL has for `curve`. */
function opensslName(curve: CurveName): string {
  if (curve === "P-192" || curve === "P-256") return `prime${curve.slice(2)}v1`;
  return curve.startsWith("P-") ? `secp${curve.slice(2)}r1` : curve;
}

/**
 * `point` of the Weierstrass curve `curve` as 04 ‖ X ‖ Y; other points than compressed and hybrid ones come back as they are.
 * Errors: CKR_ARGUMENTS_BAD for what is not a point of the curve.
 */
export function uncompressedPoint(point: Uint8Array, curve: CurveName): Uint8Array {
  if (!CONVERTIBLE.includes(point[0] ?? 0)) return point;
  try {
    const converted = ECDH.convertKey(point, opensslName(curve), undefined, undefined, "uncompressed");
    return new Uint8Array(converted as Buffer);
  } catch (cause) {
    throw new ck.CkError(ck.CKR_ARGUMENTS_BAD, `the point is not on the curve ${curve}`, { cause });
  }
}

/**
 * The elliptic curve SubjectPublicKeyInfo `spki` with its curve by name and its point uncompressed; `curve` names the curve
 * of a key that spells out the parameters. Keys of other types, and of curves without a name here, come back as they are.
 * Errors: CKR_ARGUMENTS_BAD.
 */
export function uncompressedSpki(spki: Uint8Array, curve?: CurveName): Uint8Array {
  const [algorithm, bits] = readElements(readElement(spki).content);
  const found = weierstrassCurve(algorithm) ?? curve;
  if (found === undefined || !isEcKey(algorithm)) return spki;
  const bitString = requireElement(bits, DER.bitString, "the key's BIT STRING");
  return writeElement(DER.sequence, ecAlgorithm(found), uncompressedBits(bitString, found));
}

/** The same for the PKCS #8 key `pkcs8` and the public key inside it. Errors: CKR_ARGUMENTS_BAD. */
export function uncompressedPkcs8(pkcs8: Uint8Array, curve?: CurveName): Uint8Array {
  const [version, algorithm, privateKey] = readElements(readElement(pkcs8).content);
  const found = weierstrassCurve(algorithm) ?? curve;
  if (found === undefined || !isEcKey(algorithm)) return pkcs8;
  const inner = requireElement(privateKey, DER.octetString, "the private key").content;
  const [innerVersion, scalar, ...rest] = readElements(readElement(inner).content);
  const publicKey = rest.find(({ tag }) => tag === PUBLIC_KEY_TAG);
  const bits = publicKey === undefined ? [] : [uncompressedBits(readElement(publicKey.content), found)];
  return writeElement(
    DER.sequence,
    requireElement(version, DER.integer, "the version").bytes,
    ecAlgorithm(found),
    writeElement(
      DER.octetString,
      writeElement(
        DER.sequence,
        requireElement(innerVersion, DER.integer, "the version of the ECPrivateKey").bytes,
        requireElement(scalar, DER.octetString, "the private scalar").bytes,
        ...bits.map((each) => writeElement(PUBLIC_KEY_TAG, each)),
      ),
    ),
  );
}

function isEcKey(algorithm: DerElement | undefined): boolean {
  const [type] = readElements(requireElement(algorithm, DER.sequence, "the AlgorithmIdentifier").content);
  return type !== undefined && equalBytes(type.bytes, EC_PUBLIC_KEY);
}

/** The curve that `algorithm` names, if its points have two coordinates. */
function weierstrassCurve(algorithm: DerElement | undefined): CurveName | undefined {
  const [, parameters] = readElements(requireElement(algorithm, DER.sequence, "the AlgorithmIdentifier").content);
  const curve = parameters === undefined ? undefined : curveOf(parameters.bytes);
  return curve !== undefined && /^(P-|secp|brainpool)/.test(curve) ? curve : undefined;
}

function ecAlgorithm(curve: CurveName): Uint8Array {
  return writeElement(DER.sequence, EC_PUBLIC_KEY, ecParams(curve));
}

function uncompressedBits(bits: DerElement, curve: CurveName): Uint8Array {
  const { content } = requireElement(bits, DER.bitString, "the point's BIT STRING");
  return writeElement(DER.bitString, Uint8Array.of(0), uncompressedPoint(content.subarray(1), curve));
}
