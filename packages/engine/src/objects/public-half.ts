/** Computes the public key of a private key, with the rights that correspond to the private ones. */
import * as ck from "@grep11/cryptoki";
import { hasBoolean, withBoolean } from "./booleans.ts";
import type { Key } from "./key.ts";
import { historyFromPrivateHalf } from "./key-pair.ts";
import { spkiOf } from "./key-properties.ts";
import { impliedUid } from "./key-uid.ts";

/** Attributes that both halves of a pair share. */
const SHARED: readonly number[] = [ck.CKA_LOCAL, ck.CKA_IBM_ATTRBOUND];

/** Private rights and the public rights that correspond to them. */
const COUNTERPARTS: readonly (readonly [number, number])[] = [
  [ck.CKA_SIGN, ck.CKA_VERIFY],
  [ck.CKA_DECRYPT, ck.CKA_ENCRYPT],
  [ck.CKA_UNWRAP, ck.CKA_WRAP],
  [ck.CKA_DERIVE, ck.CKA_DERIVE],
];

/** Returns the public key of `privateKey`, which may have been imported, derived or generated. */
export function publicHalf(privateKey: Key): Key {
  const half = { objectClass: ck.CKO_PUBLIC_KEY, keyType: privateKey.keyType, value: spkiOf(privateKey) };
  return {
    ...half,
    booleans: counterpartsOf(privateKey.booleans),
    everSet: counterpartsOf(privateKey.everSet) | historyFromPrivateHalf(privateKey.everSet),
    uid: impliedUid(half),
    session: privateKey.session,
    attributes: new Map(),
  };
}

/** Returns the booleans of the public half that correspond to those of the private half. */
function counterpartsOf(word: number): number {
  let booleans = withBoolean(0, ck.CKA_MODIFIABLE, true);
  for (const [own, others] of COUNTERPARTS) {
    if (hasBoolean(word, own)) booleans = withBoolean(booleans, others, true);
  }
  for (const attribute of SHARED) booleans = withBoolean(booleans, attribute, hasBoolean(word, attribute));
  return booleans;
}
