/** Halves of key pairs on curves, as derivations make them. */
import * as ck from "@grep11/cryptoki";
import type { Key, KeyMaterial } from "../../objects/key.ts";
import { requireClass, requireKeyType } from "../../objects/template-values.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import * as keyEncodings from "../../primitives/keys/key-encodings.ts";

/** Throws CKR_TEMPLATE_INCONSISTENT for a template of another class or type. */
export function derivedPrivateKey(template: ck.Template, curve: Curve, privateValue: Uint8Array): KeyMaterial {
  requireClass(template, ck.CKO_PRIVATE_KEY);
  requireKeyType(template, ck.CKK_EC);
  const key = { type: "ec", curve, privateValue, point: publicPoint(curve, privateValue) } as const;
  return { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value: keyEncodings.encodePrivateKey(key) };
}

/** Throws CKR_TEMPLATE_INCONSISTENT for a template of another class or type. */
export function derivedPublicKey(template: ck.Template, curve: Curve, point: Uint8Array): KeyMaterial {
  requireClass(template, ck.CKO_PUBLIC_KEY);
  requireKeyType(template, ck.CKK_EC);
  const value = keyEncodings.encodePublicKey({ type: "ec", curve, point });
  return { objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_EC, value };
}

/** Throws CKR_KEY_TYPE_INCONSISTENT unless `key` is a private key on a curve. */
export function privateValueOf(key: Key): { readonly curve: Curve; readonly privateValue: Uint8Array } {
  const parsed = key.objectClass === ck.CKO_PRIVATE_KEY ? keyEncodings.parsePrivateKey(key.value) : undefined;
  if (parsed?.type === "ec") return parsed;
  throw ck.CkError.keyTypeInconsistent("the base key is a private key on a curve");
}

/** Throws CKR_KEY_TYPE_INCONSISTENT unless `key` is a public key on a curve. */
export function pointOfKey(key: Key): { readonly curve: Curve; readonly point: Uint8Array } {
  const parsed = key.objectClass === ck.CKO_PUBLIC_KEY ? keyEncodings.parsePublicKey(key.value) : undefined;
  if (parsed?.type === "ec") return parsed;
  throw ck.CkError.keyTypeInconsistent("the key is a public key on a curve");
}
