import * as ck from "@grep11/cryptoki";
import { runtimeHas } from "../primitives/openssl/runtime-features.ts";
import { keyTypeRules } from "./key-types.ts";
import { keyTypeIn, numberIn, requireClass, requirePresent } from "./template-values.ts";

/** The key that the template of UnwrapKey describes. */
export interface UnwrapTarget {
  readonly objectClass: number;
  readonly keyType: number;
  /** CKA_VALUE_LEN in bytes; undefined if the template does not have it. */
  readonly valueLen: number | undefined;
}

/** The attributes that are wrapped together with an attribute-bound key. */
export interface BoundAttributes {
  readonly objectClass: number;
  readonly keyType: number;
  readonly booleans: number;
  /** Every boolean that was ever set. */
  readonly everSet: number;
}

export interface Unwrapped {
  /** An unchecked raw secret key, PrivateKeyInfo or SubjectPublicKeyInfo. */
  readonly value: Uint8Array;
  /** Attributes that override those of the template. */
  readonly bound?: BoundAttributes;
}

/**
 * Returns the key that the template describes. If the template has no class, the key type implies it
 * (docs/reference/wire.md#unwrapkey).
 */
export function unwrapTarget(publicKey: boolean, template: ck.Template): UnwrapTarget {
  const valueLen = numberIn(template, ck.CKA_VALUE_LEN);
  if (publicKey) {
    requireClass(template, ck.CKO_PUBLIC_KEY);
    return { objectClass: ck.CKO_PUBLIC_KEY, keyType: 0, valueLen };
  }
  const keyType = requirePresent(keyTypeIn(template), ck.CKA_KEY_TYPE);
  const rules = keyTypeRules(keyType);
  if (rules === undefined)
    throw ck.CkError.attributeValueInvalid(ck.CKA_KEY_TYPE, "names a key type that the HSM does not support");
  if (rules.needs !== undefined && !runtimeHas(rules.needs)) {
    throw ck.CkError.attributeValueInvalid(
      ck.CKA_KEY_TYPE,
      "names a key type that this version of Node does not support",
    );
  }
  const implied = rules.kind === "pair" ? ck.CKO_PRIVATE_KEY : ck.CKO_SECRET_KEY;
  const objectClass = numberIn(template, ck.CKA_CLASS) ?? implied;
  if (objectClass !== implied) throw ck.CkError.templateInconsistent("CKA_CLASS contradicts CKA_KEY_TYPE");
  return { objectClass, keyType, valueLen };
}
