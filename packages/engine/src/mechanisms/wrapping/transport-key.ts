/**
 * CKM_IBM_TRANSPORTKEY imports a public key: it returns a SubjectPublicKeyInfo with a MAC added. There is no KEK
 * (docs/reference/ep11.md#public-key-blob, docs/reference/ep11.md#transport-key).
 */
import * as ck from "@grep11/cryptoki";
import type { Family } from "../family.ts";
import { type MechanismRow, row } from "../row.ts";

export const transportKey: Family<undefined> = {
  unwrap(_kek, _parameter, wrapped, target) {
    if (target.objectClass !== ck.CKO_PUBLIC_KEY)
      throw ck.CkError.templateInconsistent("only public keys come this way");
    return { value: wrapped };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_TRANSPORTKEY, {
    flags: ck.CKF_UNWRAP,
    family: transportKey,
    transport: "public-keys",
    listed: false,
  }),
];
