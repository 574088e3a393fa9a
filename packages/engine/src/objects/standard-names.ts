/** Key types and rights that PKCS #11 v3.2 and EP11 name differently (docs/reference/ep11.md#standard-names). */
import * as ck from "@grep11/cryptoki";
import type { KeyMaterial } from "./key.ts";
import { curveOfKey } from "./key-properties.ts";
import { numberIn } from "./template-values.ts";

const CURVES: ReadonlyMap<number, ck.CurveFamily> = new Map([
  [ck.CKK_EC_EDWARDS, "edwards"],
  [ck.CKK_EC_MONTGOMERY, "montgomery"],
]);

/** Returns the standard's name of CKA_DERIVE for a KEM key, CKA_ENCAPSULATE or CKA_DECAPSULATE; undefined for other keys. */
export function encapsulationRight({ objectClass, keyType }: KeyMaterial): number | undefined {
  if (keyType !== ck.CKK_IBM_ML_KEM && keyType !== ck.CKK_IBM_PQC_KYBER) return undefined;
  return objectClass === ck.CKO_PUBLIC_KEY ? ck.CKA_ENCAPSULATE : ck.CKA_DECAPSULATE;
}

/** Returns `template` with EP11's names of rights. Throws CKR_TEMPLATE_INCONSISTENT if two names of a right disagree. */
export function withEp11Rights(template: ck.Template, key: KeyMaterial): ck.Template {
  const standard = encapsulationRight(key);
  const value = standard === undefined ? undefined : template.get(standard);
  if (standard === undefined || value === undefined) return template;
  if ((template.get(ck.CKA_DERIVE) ?? value) !== value) {
    throw ck.CkError.templateInconsistent("CKA_DERIVE contradicts the right to encapsulate, which is the same in EP11");
  }
  const renamed = new Map(template).set(ck.CKA_DERIVE, value);
  renamed.delete(standard);
  return renamed;
}

/**
 * Throws CKR_TEMPLATE_INCONSISTENT if the template has a key type for one family of curves, and the key is on a curve
 * of another family.
 */
export function requireCurveOfType(template: ck.Template, key: KeyMaterial): void {
  const family = CURVES.get(numberIn(template, ck.CKA_KEY_TYPE) ?? key.keyType);
  if (family !== undefined && curveOfKey(key)?.family !== family) {
    throw ck.CkError.templateInconsistent(`CKA_KEY_TYPE requires a key on a curve of the ${family} family`);
  }
}
