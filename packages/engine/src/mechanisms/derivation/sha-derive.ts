import * as ck from "@grep11/cryptoki";
import { hash } from "../../primitives/hash/hash.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { outdatedIf, SECRET_KEYS } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { secretFrom, secretShape } from "./derived-secret.ts";

/**
 * The new key is the start of the digest of the base key (PKCS #11 v3.2, 6.20 to 6.31). It is a generic secret if the
 * template has no type. HMAC replaces keys longer than a block by this digest (RFC 2104, 2), so the new key then works
 * as the base key. Errors: those of secretShape and secretFrom.
 */
export function shaDerive(name: ck.HashName): Family<undefined> {
  return {
    derive(baseKey, _parameter, { template }) {
      const shape = secretShape(template, ck.CKK_GENERIC_SECRET);
      const bytes = hash(name, baseKey!.value);
      const key = secretFrom(bytes, shape, "leading");
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
