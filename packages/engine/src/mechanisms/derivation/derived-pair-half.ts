/** One key of a key pair on a curve, as a derivation produces it: checks of its template, and its DER encoding. */
import * as ck from "@grep11/cryptoki";
import type { Key, KeyMaterial } from "../../objects/key.ts";
import { requireClass, requireKeyType } from "../../objects/template-values.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import * as keyEncodings from "../../primitives/keys/key-encodings.ts";

/** Returns the private key with the given value. Throws CKR_TEMPLATE_INCONSISTENT for a template of another class or type. */
export function derivedPrivateKey(template: ck.Template, curve: Curve, privateValue: Uint8Array): KeyMaterial {
  requireClass(template, ck.CKO_PRIVATE_KEY);
  requireKeyType(template, ck.CKK_EC);
  const value = keyEncodings.encodePrivateKey({
    type: "ec",
    curve,
    privateValue,
    point: publicPoint(curve, privateValue),
  });
  return { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value };
}

/** Returns the public key with the given point. Throws CKR_TEMPLATE_INCONSISTENT for a template of another class or type. */
export function derivedPublicKey(template: ck.Template, curve: Curve, point: Uint8Array): KeyMaterial {
  requireClass(template, ck.CKO_PUBLIC_KEY);
  requireKeyType(template, ck.CKK_EC);
  return {
    objectClass: ck.CKO_PUBLIC_KEY,
    keyType: ck.CKK_EC,
    value: keyEncodings.encodePublicKey({ type: "ec", curve, point }),
  };
}

/** Returns the curve and the private value of a private key. Throws CKR_KEY_TYPE_INCONSISTENT for other keys. */
export function privateValueOf(key: Key): { readonly curve: Curve; readonly privateValue: Uint8Array } {
  const parsed = key.objectClass === ck.CKO_PRIVATE_KEY ? keyEncodings.parsePrivateKey(key.value) : undefined;
  if (parsed?.type === "ec") return parsed;
  throw ck.CkError.keyTypeInconsistent("the base key is a private key on a curve");
}

/** Returns the curve and the point of a public key. Throws CKR_KEY_TYPE_INCONSISTENT for other keys. */
export function pointOfKey(key: Key): { readonly curve: Curve; readonly point: Uint8Array } {
  const parsed = key.objectClass === ck.CKO_PUBLIC_KEY ? keyEncodings.parsePublicKey(key.value) : undefined;
  if (parsed?.type === "ec") return parsed;
  throw ck.CkError.keyTypeInconsistent("the key is a public key on a curve");
}
