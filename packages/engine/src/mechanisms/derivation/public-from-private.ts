import * as ck from "@grep11/cryptoki";
import { bitCount } from "../../objects/check-value.ts";
import { sizeInBits, spkiOf } from "../../objects/key-properties.ts";
import { requireClass, requireKeyType } from "../../objects/template-values.ts";
import type { Family } from "../family.ts";
import { type MechanismRow, row } from "../row.ts";

/**
 * Returns the public key of a private key (PKCS #11 v3.2, 6.43.8), with the rights in the template. The CheckSum is the size in
 * bits. Errors: CKR_KEY_TYPE_INCONSISTENT for anything but a private key, CKR_TEMPLATE_INCONSISTENT.
 */
export const publicFromPrivate: Family<undefined> = {
  requireKey(key) {
    if (key.objectClass !== ck.CKO_PRIVATE_KEY) throw ck.CkError.keyTypeInconsistent("the base key is a private key");
  },
  derive(baseKey, _parameter, { template }) {
    const { keyType } = baseKey!;
    requireClass(template, ck.CKO_PUBLIC_KEY);
    requireKeyType(template, keyType);
    const key = { objectClass: ck.CKO_PUBLIC_KEY, keyType, value: spkiOf(baseKey!) };
    return { key, checkSum: bitCount(sizeInBits(key)) };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_PUB_KEY_FROM_PRIV_KEY, {
    keyTypes: Array.from(ck.KEY_TYPES.keys()).filter((keyType) => ck.KEY_TYPES.get(keyType)!.kind === "pair"),
    flags: ck.CKF_DERIVE,
    family: publicFromPrivate,
    givesPublicHalf: true,
  }),
];
