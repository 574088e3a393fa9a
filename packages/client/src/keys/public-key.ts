/** Reading the public keys a GREP11 service hands out: a SubjectPublicKeyInfo (RFC 5280, 4.1) with a MAC behind it. */
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "./bytes.ts";
import { type CurveName, curveOf, ecParams, oid } from "./curves.ts";
import { DER, readElement, readElements, requireElement, writeElement } from "./der.ts";

/** The SubjectPublicKeyInfo in front of the MAC of a public key blob. Errors: CKR_ARGUMENTS_BAD when there is none. */
export function spkiOf(publicKey: ck.KeyArgument): Uint8Array {
  return requireElement(readElement(ck.sealedBytes(publicKey)), DER.sequence, "the SubjectPublicKeyInfo").bytes;
}

/**
 * The key bits of a public key: the raw point of an elliptic curve key (04 ‖ X ‖ Y, or the bare Edwards or Montgomery
 * key), which a peer passes as public data to `mechanism.ecdh1`. Errors: CKR_ARGUMENTS_BAD.
 */
export function publicPointOf(publicKey: ck.KeyArgument): Uint8Array {
  const [, bits] = readElements(readElement(spkiOf(publicKey)).content);
  return requireElement(bits, DER.bitString, "the key's BIT STRING").content.subarray(1);
}

/** The public integer y of a Diffie-Hellman key, big-endian, for `mechanism.dhDerive`. Errors: CKR_ARGUMENTS_BAD. */
export function dhPublicValueOf(publicKey: ck.KeyArgument): Uint8Array {
  return requireElement(readElement(publicPointOf(publicKey)), DER.integer, "the public integer").content;
}

/** The named curve of an elliptic curve public key, in either encoding; undefined for other keys and curves. */
export function curveOfPublicKey(publicKey: ck.KeyArgument): CurveName | undefined {
  const [algorithm] = readElements(readElement(spkiOf(publicKey)).content);
  const [first, second] = readElements(requireElement(algorithm, DER.sequence, "the AlgorithmIdentifier").content);
  const named = second?.tag === DER.oid ? second : first;
  return named === undefined ? undefined : curveOf(named.bytes);
}

const EC_PUBLIC_KEY = oid("1.2.840.10045.2.1");
const RFC_8410_CURVES = (["X25519", "X448", "Ed25519", "Ed448"] as const).map(ecParams);

/** The AlgorithmIdentifier of RFC 8410 if `algorithm` is EP11's {id-ecPublicKey, curve} for one of its curves. */
function rfc8410Algorithm(algorithm: Uint8Array): Uint8Array | undefined {
  const [type, curve] = readElements(readElement(algorithm).content);
  if (type === undefined || curve === undefined || !equalBytes(type.bytes, EC_PUBLIC_KEY)) return undefined;
  if (!RFC_8410_CURVES.some((known) => equalBytes(known, curve.bytes))) return undefined;
  return writeElement(DER.sequence, curve.bytes);
}

/**
 * `spki` as other software reads it: EP11 writes Edwards and Montgomery keys as id-ecPublicKey with a curve, this answers
 * the form of RFC 8410, section 4. All other keys come back as they are. Errors: CKR_ARGUMENTS_BAD.
 */
export function interoperableSpki(spki: Uint8Array): Uint8Array {
  const [algorithm, bits] = readElements(readElement(spki).content);
  const renamed = rfc8410Algorithm(requireElement(algorithm, DER.sequence, "the AlgorithmIdentifier").bytes);
  if (renamed === undefined) return spki;
  return writeElement(DER.sequence, renamed, requireElement(bits, DER.bitString, "the key's BIT STRING").bytes);
}

/**
 * The PKCS #8 key `pkcs8` as other software reads it: EP11 puts an ECPrivateKey inside Edwards and Montgomery keys, RFC
 * 8410, section 7 the bare seed or scalar. All other keys come back as they are. Errors: CKR_ARGUMENTS_BAD.
 */
export function interoperablePkcs8(pkcs8: Uint8Array): Uint8Array {
  const [version, algorithm, privateKey] = readElements(readElement(pkcs8).content);
  const renamed = rfc8410Algorithm(requireElement(algorithm, DER.sequence, "the AlgorithmIdentifier").bytes);
  if (renamed === undefined) return pkcs8;
  const inner = requireElement(privateKey, DER.octetString, "the private key").content;
  const [, scalar] = readElements(readElement(inner).content);
  return writeElement(
    DER.sequence,
    requireElement(version, DER.integer, "the version").bytes,
    renamed,
    writeElement(DER.octetString, requireElement(scalar, DER.octetString, "the private scalar").bytes),
  );
}
