/** Key agreement on curves, for key derivation and for key transport (docs/reference/ep11.md#key-agreement). */
import * as ck from "@grep11/cryptoki";
import { DerReader, EncodingError } from "@grep11/encoding";
import type { KdfName, ReadBy } from "@grep11/mechanisms";
import type { Key, KeyMaterial } from "../../objects/key.ts";
import { requirePresent } from "../../objects/template-values.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { agreeOnCurve, uncompressedPoint } from "../../primitives/ec/ec-point.ts";
import { deriveSp80056, deriveX963 } from "../../primitives/kdf/kdf-x963.ts";
import { parsePublicKey } from "../../primitives/keys/key-encodings.ts";
import { type SecretShape, secretFrom } from "../derivation/derived-secret.ts";

const NONE = new Uint8Array(0);

type KeyDerivation = (secret: Uint8Array, sharedData: Uint8Array, shape: SecretShape) => KeyMaterial;

/** The key derivation functions CKD_* (PKCS #11 v3.2, 6.3.16). */
const KEY_DERIVATIONS: ReadonlyMap<KdfName, KeyDerivation> = new Map<KdfName, KeyDerivation>([
  ["null", (secret, sharedData, shape) => secretFrom(requireNoData(secret, sharedData), shape, "trailing")],
  ["hybrid", wholeSecret],
  ...ck.hashNames.flatMap((hash): [KdfName, KeyDerivation][] => [
    [hash, hashed(deriveX963, hash)],
    [`${hash}-sp800`, hashed(deriveSp80056, hash)],
  ]),
]);

/** A hybrid key exchange needs the whole shared secret as a key. */
function wholeSecret(secret: Uint8Array, sharedData: Uint8Array, shape: SecretShape): KeyMaterial {
  if (shape.length !== undefined && shape.length !== secret.length) {
    throw ck.CkError.templateInconsistent(`a hybrid exchange on this curve keeps all ${secret.length} bytes`);
  }
  return secretFrom(requireNoData(secret, sharedData), shape, "leading");
}

function requireNoData(secret: Uint8Array, sharedData: Uint8Array): Uint8Array {
  if (sharedData.length > 0) throw ck.CkError.mechanismParamInvalid("only a KDF takes shared data");
  return secret;
}

/** A hash-based KDF can produce any length, so the template must contain CKA_VALUE_LEN. */
function hashed(kdf: typeof deriveX963, hash: ck.HashName): KeyDerivation {
  return (secret, sharedData, shape) => {
    const bytes = kdf(hash, secret, sharedData, requirePresent(shape.length, ck.CKA_VALUE_LEN));
    return secretFrom(bytes, shape, "leading");
  };
}

/** Whether `kdf` can produce a key of any length. */
export function isHashKdf(kdf: KdfName): boolean {
  return kdf !== "null" && kdf !== "hybrid";
}

/**
 * Returns the key on which `key` and the peer agree. Errors: CKR_MECHANISM_PARAM_INVALID if the peer's data is not a valid
 * point, CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT, CKR_KEY_SIZE_RANGE.
 */
export function agreedKey(
  key: Key,
  curve: Curve,
  { kdf, sharedData, publicData }: ReadBy<typeof ck.CKM_ECDH1_DERIVE>,
  shape: SecretShape,
): KeyMaterial {
  const point = peerPoint(curve, publicData);
  const secret = point && agreeOnCurve(curve, key.value, point);
  if (secret === undefined)
    throw ck.CkError.mechanismParamInvalid(`the peer's public value is not a point on ${curve.name}`);
  const agreed = KEY_DERIVATIONS.get(kdf)!(secret, sharedData, shape);
  secret.fill(0);
  return agreed;
}

/**
 * Reads the peer's point from `publicData`, where it has any form and encoding, or is in a SubjectPublicKeyInfo.
 * Returns undefined if the data is malformed.
 */
function peerPoint(curve: Curve, publicData: Uint8Array): Uint8Array | undefined {
  return barePoint(curve, publicData) ?? barePoint(curve, octetStringIn(publicData)) ?? pointOfSpki(curve, publicData);
}

function barePoint(curve: Curve, bytes: Uint8Array): Uint8Array | undefined {
  const weierstrass = ck.isWeierstrass(curve);
  if (bytes.length === curve.publicBytes && (!weierstrass || bytes[0] === 4)) return bytes;
  const compressed = weierstrass && bytes.length === 1 + curve.fieldBytes && (bytes[0] === 2 || bytes[0] === 3);
  return compressed ? uncompressedPoint(curve, bytes) : undefined;
}

function octetStringIn(bytes: Uint8Array): Uint8Array {
  const content = attempt(() => {
    const reader = new DerReader(bytes);
    const octets = reader.octetString();
    reader.end();
    return octets;
  });
  return content ?? NONE;
}

function pointOfSpki(curve: Curve, bytes: Uint8Array): Uint8Array | undefined {
  const key = attempt(() => parsePublicKey(bytes));
  return key?.type === "ec" && key.curve === curve ? key.point : undefined;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}
