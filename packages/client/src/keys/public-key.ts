/** Reads the public keys that a GREP11 service returns: a SubjectPublicKeyInfo (RFC 5280, 4.1) followed by a MAC. */
import * as ck from "@grep11/cryptoki";
import { DerReader, der, equalBytes, readSequenceLength } from "@grep11/encoding";
import { curveOf } from "./curves.ts";
import { decoding } from "./decoding.ts";

/** The algorithm identifier of elliptic curve keys (RFC 5480, 2.1.1). */
export const EC_PUBLIC_KEY: Uint8Array = der.oid("1.2.840.10045.2.1");

/**
 * Returns the SubjectPublicKeyInfo at the beginning of a public key blob. Errors: CKR_ARGUMENTS_BAD if the blob does
 * not begin with one.
 */
export function spkiOf(publicKey: ck.KeyArgument): Uint8Array {
  const bytes = ck.sealedBytes(publicKey);
  return decoding(() => bytes.subarray(0, readSequenceLength(bytes)));
}

/**
 * Returns the raw point of an elliptic curve key: 04 ‖ X ‖ Y, or the bare Edwards or Montgomery key. The other party of
 * a key agreement passes it as public data to `mechanism.ecdh1`. Errors: CKR_ARGUMENTS_BAD for a malformed key.
 */
export function publicPointOf(publicKey: ck.KeyArgument): Uint8Array {
  return decoding(() => readSpki(spkiOf(publicKey)).bits);
}

/**
 * Returns the big-endian public integer y of a Diffie-Hellman key, for `mechanism.dhDerive`. Errors: CKR_ARGUMENTS_BAD
 * for a malformed key.
 */
export function dhPublicValueOf(publicKey: ck.KeyArgument): Uint8Array {
  return decoding(() => new DerReader(publicPointOf(publicKey)).integer());
}

/**
 * Returns the named curve of a public key in the encoding of EP11 or of RFC 8410. Returns undefined for other types of
 * keys and unknown curves.
 */
export function curveOfPublicKey(publicKey: ck.KeyArgument): ck.CurveName | undefined {
  return decoding(() => {
    const { type, curve } = readSpki(spkiOf(publicKey)).algorithm;
    return curveOf(curve ?? type);
  });
}

/** The content of an AlgorithmIdentifier. `curve` is set if its parameters name a curve. */
export interface KeyAlgorithm {
  readonly type: Uint8Array;
  readonly curve: Uint8Array | undefined;
}

/** Reads an AlgorithmIdentifier. Throws EncodingError. */
export function readAlgorithm(reader: DerReader): KeyAlgorithm {
  const algorithm = reader.sequence();
  return { type: algorithm.oid(), curve: algorithm.nextIsOid ? algorithm.oid() : undefined };
}

/** Returns the parts of a SubjectPublicKeyInfo. Throws EncodingError. */
export function readSpki(spki: Uint8Array): { algorithm: KeyAlgorithm; bits: Uint8Array } {
  const reader = DerReader.sequence(spki);
  return { algorithm: readAlgorithm(reader), bits: reader.bitString() };
}

/**
 * Returns the AlgorithmIdentifier of RFC 8410 if `algorithm` is EP11's {id-ecPublicKey, curve} with a curve of that
 * RFC. Otherwise returns undefined.
 */
function rfc8410Algorithm({ type, curve }: KeyAlgorithm): Uint8Array | undefined {
  if (curve === undefined || !equalBytes(type, EC_PUBLIC_KEY)) return undefined;
  const name = curveOf(curve);
  const family = name && ck.CURVES[name].family;
  return family === "edwards" || family === "montgomery" ? der.sequence(curve) : undefined;
}

/**
 * Converts `spki` for other software. EP11 encodes Edwards and Montgomery keys as id-ecPublicKey with a curve, whereas
 * other software expects the encoding of RFC 8410, section 4. All other keys are returned unchanged. Errors:
 * CKR_ARGUMENTS_BAD for a malformed key.
 */
export function interoperableSpki(spki: Uint8Array): Uint8Array {
  return decoding(() => {
    const { algorithm, bits } = readSpki(spki);
    const renamed = rfc8410Algorithm(algorithm);
    return renamed === undefined ? spki : der.sequence(renamed, der.bitString(bits));
  });
}

/**
 * Converts a PKCS #8 key for other software. Inside Edwards and Montgomery keys, EP11 uses an ECPrivateKey, whereas RFC
 * 8410, section 7, requires the bare seed or scalar. All other keys are returned unchanged. Errors: CKR_ARGUMENTS_BAD
 * for a malformed key.
 */
export function interoperablePkcs8(pkcs8: Uint8Array): Uint8Array {
  return decoding(() => {
    const reader = DerReader.sequence(pkcs8);
    const version = reader.smallInteger();
    const renamed = rfc8410Algorithm(readAlgorithm(reader));
    if (renamed === undefined) return pkcs8;
    const inner = DerReader.sequence(reader.octetString());
    inner.smallInteger();
    const scalar = der.octetString(inner.octetString());
    return der.sequence(der.smallInteger(version), renamed, der.octetString(scalar));
  });
}
