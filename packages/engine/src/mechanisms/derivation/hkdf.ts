/** CKM_HKDF_DERIVE (RFC 5869; PKCS #11 v3.2, 6.62.3). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { requirePresent } from "../../objects/template-values.ts";
import { expandHkdf, extractHkdf } from "../../primitives/kdf/kdf-hkdf.ts";
import type { Family } from "../family.ts";
import { isForeignHmacKey, KDF_KEYS } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { secretFrom, secretShape } from "./derived-secret.ts";

/**
 * The new key is the start of HKDF's output. It is a generic secret if the template has no type. Without the expand
 * step, the key is as long as the hash, unless the template asks for a shorter key. Errors: CKR_KEY_TYPE_INCONSISTENT
 * for an HMAC key of another hash; those of secretShape and secretFrom.
 */
export const hkdfDerive: Family<ReadBy<typeof ck.CKM_HKDF_DERIVE>> = {
  requireKey({ keyType }, { hash }) {
    if (isForeignHmacKey(keyType, hash)) throw ck.CkError.keyTypeInconsistent("the base key belongs to another hash");
  },
  derive(baseKey, { steps, hash, salt, info }, { template, parameterKeys }) {
    const shape = secretShape(template, ck.CKK_GENERIC_SECRET);
    const [extract, expand] = [steps !== "expand", steps !== "extract"];
    const length = expand ? requirePresent(shape.length, ck.CKA_VALUE_LEN) : ck.HASHES[hash].bytes;
    const extracted = extract ? extractHkdf(hash, baseKey!.value, parameterKeys[0]?.value ?? salt) : undefined;
    const bytes = expand ? expandHkdf(hash, extracted ?? baseKey!.value, info, length) : extracted!;
    const key = secretFrom(bytes, shape, "leading");
    extracted?.fill(0);
    return { key };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_HKDF_DERIVE, {
    keyTypes: KDF_KEYS,
    flags: ck.CKF_DERIVE,
    parameterKeys: ({ saltKey }) => (saltKey.length === 0 ? [] : [saltKey]),
    family: hkdfDerive,
  }),
];
