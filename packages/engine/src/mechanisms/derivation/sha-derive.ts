/** CKM_SHA*_KEY_DERIVATION (PKCS #11 v3.2, 6.20 to 6.31): the new key is the digest of the base key. */

import * as ck from "@grep11/cryptoki";
import { hash } from "../../primitives/hash/hash.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { outdatedIf, SECRET_KEYS } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { secretFrom, secretShape } from "./derived-secret.ts";

/**
 * The key consists of the leading bytes of the digest. Without a type in the template it is a generic secret, without a
 * length it is the whole digest. HMAC replaces a key that is longer than a block by this digest (RFC 2104, 2), so the new key
 * is then equivalent to the base key. Errors: those of secretShape and secretFrom, including CKR_TEMPLATE_INCONSISTENT for a
 * key longer than the digest.
 */
export function shaDerive(name: ck.HashName): Family<undefined> {
  return {
    derive(baseKey, _parameter, { template }) {
      const shape = secretShape(template, ck.CKK_GENERIC_SECRET);
      const bytes = hash(name, baseKey!.value);
      const key = secretFrom(bytes, shape, "leading");
      bytes.fill(0);
      return { key, revealsBase: baseKey!.value.length > ck.HASHES[name].blockBytes };
    },
  };
}

export const rows: readonly MechanismRow[] = hashRows("keyDerivation", (mechanism, hash) =>
  row(mechanism, {
    keyTypes: SECRET_KEYS,
    flags: ck.CKF_DERIVE,
    controlPoints: outdatedIf(hash),
    family: shaDerive(hash),
  }),
);
