/**
 * Makes key material from unwrapped bytes, which are untrusted: they are parsed, checked against the template, and encoded
 * again in EP11's form. If a KEK was used, every failure is CKR_WRAPPED_KEY_INVALID, so that the failure reveals nothing about
 * the wrapped bytes (docs/reference/security.md#unwrapping-oracles).
 */
import * as ck from "@grep11/cryptoki";
import type { Cost } from "../primitives/cost.ts";
import { BLS12_381 } from "../primitives/ec/curves.ts";
import { PointFormError } from "../primitives/ec/ec-format.ts";
import * as keyEncodings from "../primitives/keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../primitives/keys/key-import.ts";
import type { KeyMaterial } from "./key.ts";
import { isUsableSecret, keyTypeOf, requireSecretLength, resolveSecretKeyRules, withOddParity } from "./key-types.ts";
import { requireKeyType } from "./template-values.ts";
import type { Unwrapped, UnwrapTarget } from "./unwrapped.ts";

/**
 * Returns where an import should run. Three checks take long: primality tests of RSA, DSA and DH numbers, computing the
 * public half of a post-quantum key, and checking BLS12-381 points in JavaScript. Malformed keys are refused quickly,
 * so they stay inline.
 */
export function importCost(value: Uint8Array, objectClass: number): Cost {
  if (objectClass === ck.CKO_SECRET_KEY) return "inline";
  try {
    const key =
      objectClass === ck.CKO_PUBLIC_KEY ? keyEncodings.parsePublicKey(value) : keyEncodings.parsePrivateKey(value);
    if (key.type === "ec") return key.curve === BLS12_381 ? "worker" : "inline";
    if (key.type === "rsa" && objectClass === ck.CKO_PUBLIC_KEY) return "inline";
    return key.type === "pqc" ? "worker" : "generation";
  } catch {
    return "inline";
  }
}

/** Returns the key in `found`, which was unwrapped with a KEK; `target` is the key that the template describes. */
export function importUnwrapped(found: Unwrapped, target: UnwrapTarget): KeyMaterial {
  const objectClass = found.bound?.objectClass ?? target.objectClass;
  const keyType = found.bound?.keyType ?? target.keyType;
  if (objectClass !== target.objectClass || keyType !== target.keyType) {
    throw ck.CkError.templateInconsistent("the wrapped key is of another class or type");
  }
  try {
    return objectClass === ck.CKO_SECRET_KEY ? importSecret(found.value, target) : importPrivate(found.value, keyType);
  } catch (error) {
    throw refusal(error);
  }
}

/**
 * Returns CKR_WRAPPED_KEY_INVALID. The error has a message only for an invalid form of a public point, because that
 * form does not depend on secret bytes.
 */
function refusal(error: unknown): ck.CkError {
  return ck.CkError.wrappedKeyInvalid(error instanceof PointFormError ? error.message : undefined);
}

/** Imports a SubjectPublicKeyInfo without a MAC. Errors: CKR_WRAPPED_KEY_INVALID, CKR_TEMPLATE_INCONSISTENT. */
export function importPublic(spki: Uint8Array, template: ck.Template): KeyMaterial {
  let key: ReturnType<typeof importPublicKey>;
  try {
    key = importPublicKey(spki);
  } catch (error) {
    throw refusal(error);
  }
  const keyType = keyTypeOf(key);
  requireKeyType(template, keyType);
  return { objectClass: ck.CKO_PUBLIC_KEY, keyType, value: keyEncodings.encodePublicKey(key) };
}

function importSecret(value: Uint8Array, { keyType, valueLen }: UnwrapTarget): KeyMaterial {
  const rules = resolveSecretKeyRules(keyType);
  requireSecretLength(rules, value.length);
  if (!isUsableSecret(rules, value)) throw ck.CkError.wrappedKeyInvalid();
  const fixed = rules.lengths?.length === 1;
  if (!fixed && valueLen !== undefined && valueLen !== value.length) throw ck.CkError.wrappedKeyInvalid();
  return { objectClass: ck.CKO_SECRET_KEY, keyType, value: rules.parity ? withOddParity(value) : value };
}

function importPrivate(pkcs8: Uint8Array, keyType: number): KeyMaterial {
  const key = importPrivateKey(pkcs8);
  if (keyTypeOf(key) !== keyType) throw ck.CkError.wrappedKeyInvalid();
  return { objectClass: ck.CKO_PRIVATE_KEY, keyType, value: keyEncodings.encodePrivateKey(key) };
}
