/**
 * The code that the families of KEM mechanisms share. DeriveKey encapsulates or decapsulates
 * (docs/reference/ep11.md#kem).
 */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { ReadBy } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import { requirePresent } from "../../objects/template-values.ts";
import { deriveX963 } from "../../primitives/kdf/kdf-x963.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { wipe } from "../../primitives/wipe.ts";
import { type SecretShape, secretFrom, secretShape } from "../derivation/derived-secret.ts";
import type { Derived, DeriveInput } from "../family.ts";

export type KemParameter = ReadBy<typeof ck.CKM_IBM_ML_KEM>;

export interface Kem {
  encapsulate(publicKey: Key, random: RandomSource): { ciphertext: Uint8Array; sharedSecret: Uint8Array };
  /** Returns undefined if the ciphertext has the wrong length. Every other ciphertext gives a secret. */
  decapsulate(privateKey: Key, ciphertext: Uint8Array): Uint8Array | undefined;
}

/**
 * Returns the blob of the second secret, which the parameter of a hybrid key exchange contains. Without a hybrid, the
 * list is empty. Implements `MechanismRow.parameterKeys`.
 */
export function kemParameterKeys(parameter: KemParameter | undefined): readonly Uint8Array[] {
  return parameter === undefined || parameter.secret.length === 0 ? [] : [parameter.secret];
}

/** Throws CKR_KEY_TYPE_INCONSISTENT unless the key is public for encapsulation, or private for decapsulation. */
export function requireKemKey(key: Key, { mode }: KemParameter): void {
  const half = mode === "encapsulate" ? ck.CKO_PUBLIC_KEY : ck.CKO_PRIVATE_KEY;
  if (key.objectClass === half) return;
  throw ck.CkError.keyTypeInconsistent("a public key encapsulates, a private key decapsulates");
}

/**
 * Makes a key from the KEM's secret, combined with the other secret of a hybrid key exchange if there is one. After an
 * encapsulation, the ciphertext follows the check value. Errors: CKR_MECHANISM_PARAM_INVALID if the ciphertext is missing,
 * CKR_ENCRYPTED_DATA_LEN_RANGE if its length is wrong, those of secretShape and secretFrom.
 */
export function deriveByKem(
  kem: Kem,
  baseKey: Key,
  parameter: KemParameter,
  { template, parameterKeys: [other] }: DeriveInput,
  random: RandomSource,
): Derived {
  const shape = secretShape(template);
  if (parameter.mode === "encapsulate") {
    const { ciphertext, sharedSecret } = kem.encapsulate(baseKey, random);
    return { ...keyFrom(sharedSecret, parameter, other, shape), checkSumSuffix: ciphertext };
  }
  if (parameter.ciphertext.length === 0)
    throw ck.CkError.mechanismParamInvalid("there is no ciphertext to decapsulate");
  const sharedSecret = kem.decapsulate(baseKey, parameter.ciphertext);
  if (sharedSecret === undefined) {
    throw ck.CkError.encryptedDataLenRange(
      `the ciphertext has another length than ${parameter.ciphertext.length} bytes`,
    );
  }
  return keyFrom(sharedSecret, parameter, other, shape);
}

/** A hybrid key exchange concatenates its secrets in openCryptoki's order (docs/reference/ep11.md#kem). Wipes the secrets. */
function keyFrom(
  sharedSecret: Uint8Array,
  { hash, prepend, sharedData }: KemParameter,
  other: Key | undefined,
  shape: SecretShape,
): Derived {
  const otherSecret = secretOf(other);
  const secrets = prepend ? concatenate(sharedSecret, otherSecret) : concatenate(otherSecret, sharedSecret);
  const bytes =
    hash === undefined
      ? secrets.slice()
      : deriveX963(hash, secrets, sharedData, requirePresent(shape.length, ck.CKA_VALUE_LEN));
  const key = secretFrom(bytes, shape, "leading");
  const whole = key.keyType === ck.CKK_GENERIC_SECRET && key.value.length === secrets.length;
  wipe(sharedSecret, secrets);
  return hash === undefined && other !== undefined && !whole ? { key, cutsSecrets: true } : { key };
}

function secretOf(other: Key | undefined): Uint8Array {
  if (other === undefined) return new Uint8Array(0);
  if (other.objectClass === ck.CKO_SECRET_KEY) return other.value;
  throw ck.CkError.keyTypeInconsistent("the other secret of a hybrid is a secret key");
}
