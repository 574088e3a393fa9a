/** Keys made from passwords. */
import { pbkdf2Sync } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { withOddParity } from "../../objects/key-types.ts";
import { requireKeyType, requirePresent } from "../../objects/template-values.ts";
import { derivePkcs12, PKCS12_KEY } from "../../primitives/kdf/kdf-pkcs12.ts";
import { secretFrom, secretShape } from "../derivation/derived-secret.ts";
import type { Family } from "../family.ts";
import { KDF_KEYS, OUTDATED } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

/** Limits the hash computations for one key. This many take about 4 seconds. */
const MAX_ROUNDS = 10_000_000;

/**
 * PBKDF2 (RFC 8018, 5.2; PKCS #11 v3.2, 6.37.4). The key is a generic secret unless the template has a type. Throws
 * CKR_MECHANISM_PARAM_INVALID for too many iterations, and the errors of secretShape.
 */
export const pbkdf2KeyGen: Family<ReadBy<typeof ck.CKM_PKCS5_PBKD2>> = {
  cost: () => "generation",
  generateKey({ hash, iterations, salt, password }, template) {
    const shape = secretShape(template, ck.CKK_GENERIC_SECRET);
    const length = requirePresent(shape.length, ck.CKA_VALUE_LEN);
    if (iterations * Math.ceil(length / ck.HASHES[hash].bytes) > MAX_ROUNDS) {
      throw ck.CkError.mechanismParamInvalid("there are too many iterations for a key of this length");
    }
    const derived = Uint8Array.from(pbkdf2Sync(password, salt, iterations, length, hash));
    return secretFrom(derived, shape, "leading");
  },
};

/**
 * Derives a DES3 key as PKCS #12 does (PKCS #11 v3.2, 6.38.1). The password must be UTF-16BE, followed by two zero bytes.
 * Errors: CKR_TEMPLATE_INCONSISTENT.
 */
export const pbeDes3KeyGen: Family<ReadBy<typeof ck.CKM_PBE_SHA1_DES3_EDE_CBC>> = {
  cost: () => "generation",
  generateKey({ iterations, salt, password }, template) {
    requireKeyType(template, ck.CKK_DES3);
    const value = derivePkcs12(PKCS12_KEY, password, salt, iterations, 24);
    return { objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_DES3, value: withOddParity(value) };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_PBE_SHA1_DES3_EDE_CBC, {
    keyTypes: [ck.CKK_DES3],
    bytes: [24, 24],
    flags: ck.CKF_GENERATE,
    controlPoints: [...OUTDATED, ck.XCP_CPB_ALLOW_PASSPHRASE],
    family: pbeDes3KeyGen,
  }),
  row(ck.CKM_PKCS5_PBKD2, {
    keyTypes: KDF_KEYS,
    flags: ck.CKF_GENERATE,
    controlPoints: [ck.XCP_CPB_ALLOW_PASSPHRASE],
    family: pbkdf2KeyGen,
  }),
];
