/** CKM_RSA_X_509: RSA without padding (PKCS #11 v3.2, 6.1.12). It is insecure, so a control point must allow it. */
import * as ck from "@grep11/cryptoki";
import { equalBytes, padLeft } from "@grep11/encoding";
import { hasBoolean } from "../../objects/booleans.ts";
import { isBelowModulus, type RsaKey, rsaPrivateKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import type { Family } from "../family.ts";
import { CRYPT, rsaKeys, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { openSignature, operateWithAnyKey, requireCiphertext, rsaCost } from "./rsa-use.ts";

/**
 * Data is a big-endian number, at most as long as the modulus; results are as long as the modulus. Throws
 * CKR_DATA_LEN_RANGE for longer data, CKR_DATA_INVALID for a number that is not less than the modulus,
 * CKR_KEY_FUNCTION_NOT_PERMITTED for an attribute-bound private key: without padding, signing a ciphertext with the
 * private key decrypts it.
 */
export const rsaX509: Family<undefined> = {
  cost: rsaCost,
  requireKey({ objectClass, booleans }) {
    const opensTransports = objectClass === ck.CKO_PRIVATE_KEY && hasBoolean(booleans, ck.CKA_IBM_ATTRBOUND);
    if (opensTransports) {
      throw new ck.CkError(ck.CKR_KEY_FUNCTION_NOT_PERMITTED, "an attribute-bound key does no RSA without padding");
    }
  },
  encrypt(key, _parameter, plain) {
    const rsa = rsaPublicKey(key.value);
    return operateWithAnyKey(rsa, numberBelow(rsa, plain))!;
  },
  decrypt(key, _parameter, ciphered) {
    const rsa = rsaPrivateKey(key.value);
    requireCiphertext(rsa, ciphered);
    return privateOperation(rsa, ciphered);
  },
  sign(key, _parameter, data) {
    const rsa = rsaPrivateKey(key.value);
    return privateOperation(rsa, numberBelow(rsa, data));
  },
  verify(key, _parameter, data, signature) {
    const rsa = rsaPublicKey(key.value);
    const expected = numberBelow(rsa, data);
    const opened = openSignature(rsa, signature);
    return opened !== undefined && equalBytes(opened, expected);
  },
};

function numberBelow(key: RsaKey, data: Uint8Array): Uint8Array {
  const length = key.modulus.length;
  if (data.length > length) throw ck.CkError.dataLenRange(`a key of ${length} bytes takes at most as many`);
  const number = padLeft(data, length);
  if (!isBelowModulus(number, key)) throw ck.CkError.dataInvalid("the number is not below the modulus");
  return number;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_X_509, {
    ...rsaKeys,
    flags: CRYPT | SIGNATURE,
    controlPoints: [...rsaKeys.controlPoints, ck.XCP_CPB_ALG_RAW_RSA],
    family: rsaX509,
  }),
];
