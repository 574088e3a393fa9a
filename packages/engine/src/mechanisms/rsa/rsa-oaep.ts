/** CKM_RSA_PKCS_OAEP (RFC 8017, 7.1; PKCS #11 v3.2, 6.1.8). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { rsaPrivateKey } from "../../primitives/rsa/rsa.ts";
import type { Family } from "../family.ts";
import { CRYPT, rsaKeys, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { requireUnreservedLabel } from "../wrapping/attribute-bound-encryption.ts";
import { decryptWithOaep, encryptWithOaep, requireRoomForHash } from "./rsa-oaep-use.ts";
import { requireCiphertext, requireSecretKey, requireWrapped, rsaCost } from "./rsa-use.ts";

/** Wraps only secret keys. The hash and the hash of MGF1 may differ. */
export const rsaOaep: Family<ReadBy<typeof ck.CKM_RSA_PKCS_OAEP>> = {
  cost: rsaCost,
  requireKey(key, scheme) {
    requireUnreservedLabel(scheme.label);
    requireRoomForHash(key, scheme);
  },
  encrypt(key, scheme, plain, random) {
    return encryptWithOaep(key, scheme, plain, random, ck.CkError.dataLenRange);
  },
  decrypt(key, scheme, ciphered) {
    const rsa = rsaPrivateKey(key.value);
    requireCiphertext(rsa, ciphered);
    const plain = decryptWithOaep(rsa, scheme, ciphered);
    if (plain === undefined) throw ck.CkError.encryptedDataInvalid();
    return plain;
  },
  wrap(kek, scheme, key, _macKey, random) {
    requireSecretKey(key);
    return encryptWithOaep(kek, scheme, key.value, random, ck.CkError.keySizeRange);
  },
  unwrap(kek, scheme, wrapped) {
    const rsa = rsaPrivateKey(kek!.value);
    requireWrapped(rsa, wrapped);
    const value = decryptWithOaep(rsa, scheme, wrapped);
    if (value === undefined) throw ck.CkError.wrappedKeyInvalid();
    return { value };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_PKCS_OAEP, {
    ...rsaKeys,
    flags: CRYPT | TRANSPORT,
    controlPoints: [...rsaKeys.controlPoints, ck.XCP_CPB_ALG_RSA_OAEP],
    family: rsaOaep,
  }),
];
