/**
 * CKM_RSA_AES_KEY_WRAP (PKCS #11 v3.2, 6.1.19), by which RSA transports keys of every type and length. The result is a random
 * AES key encrypted with RSA-OAEP, followed by the key wrapped under that AES key with AES key wrap with padding (RFC 5649).
 */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { ReadBy } from "@grep11/mechanisms";
import { rsaPrivateKey } from "../../primitives/rsa/rsa.ts";
import { isWrapped, KEY_WRAP_IV, keyUnwrap, keyWrap } from "../../primitives/symmetric/aes-key-wrap.ts";
import { type Family, KEY_WRAP_INLINE_BYTES } from "../family.ts";
import { rsaKeys, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { decryptWithOaep, encryptWithOaep } from "../rsa/rsa-oaep-use.ts";
import { requireWrapped, rsaCost } from "../rsa/rsa-use.ts";
import { requireUnreservedLabel } from "./attribute-bound-encryption.ts";

/** Wraps secret keys as raw values, private keys as PrivateKeyInfo. Throws CKR_KEY_SIZE_RANGE if the RSA key is too short. */
export const rsaAesKeyWrap: Family<ReadBy<typeof ck.CKM_RSA_AES_KEY_WRAP>> = {
  cost: rsaCost,
  inlineBytes: KEY_WRAP_INLINE_BYTES,
  carrierBits: ({ aesBits }) => aesBits,
  requireKey: (_kek, { label }) => requireUnreservedLabel(label),
  wrap(kek, scheme, key, _macKey, random) {
    const aesKey = random(scheme.aesBits / 8);
    const encrypted = encryptWithOaep(kek, scheme, aesKey, random, ck.CkError.keySizeRange);
    const wrapped = keyWrap("kwp", aesKey, KEY_WRAP_IV.kwp, key.value);
    aesKey.fill(0);
    return concatenate(encrypted, wrapped);
  },
  unwrap(kek, scheme, wrapped) {
    const aesBytes = scheme.aesBits / 8;
    const rsa = rsaPrivateKey(kek!.value);
    const encrypted = wrapped.subarray(0, rsa.modulus.length);
    requireWrapped(rsa, encrypted);
    const rest = wrapped.subarray(encrypted.length);
    if (!isWrapped("kwp", rest.length)) {
      throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, "no wrapped key follows the RSA ciphertext");
    }
    const found = decryptWithOaep(rsa, scheme, encrypted);
    const fits = found?.length === aesBytes;
    // Unwraps the second part even if the first was invalid, so that timing does not reveal which of the two parts was
    // invalid.
    const value = keyUnwrap("kwp", fits ? found : new Uint8Array(aesBytes), KEY_WRAP_IV.kwp, rest);
    found?.fill(0);
    if (!fits || value === undefined) throw ck.CkError.wrappedKeyInvalid();
    return { value };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_AES_KEY_WRAP, {
    ...rsaKeys,
    flags: TRANSPORT,
    controlPoints: [...rsaKeys.controlPoints, ck.XCP_CPB_ALG_RSA_OAEP],
    family: rsaAesKeyWrap,
  }),
];
