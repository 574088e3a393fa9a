/** Lists the functions that take a mechanism, so that each can be called with any mechanism. */
import { template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";

/** Calls a function with the mechanism `mech` and otherwise valid arguments. `key` is an AES key with all rights. */
type FunctionCall = (ep11: ck.Ep11, mech: ck.Mechanism, key: Uint8Array) => Promise<unknown>;

const DATA = new Uint8Array(32).fill(0x61);
const AES_TEMPLATE = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 16 });
const AES_ECB = { mechanism: ck.CKM_AES_ECB };

/** Every function that takes a mechanism, with the flag (CKF_*) that a mechanism must have to be used with the function. */
export const FUNCTION_CALLS: readonly (readonly [name: string, flag: number, call: FunctionCall])[] = [
  ["DigestInit", ck.CKF_DIGEST, (ep11, mech) => ep11.digestInit({ mech })],
  ["DigestSingle", ck.CKF_DIGEST, (ep11, mech) => ep11.digestSingle({ mech, data: DATA })],
  ["EncryptInit", ck.CKF_ENCRYPT, (ep11, mech, key) => ep11.encryptInit({ mech, key })],
  ["EncryptSingle", ck.CKF_ENCRYPT, (ep11, mech, key) => ep11.encryptSingle({ mech, key, plain: DATA })],
  ["DecryptInit", ck.CKF_DECRYPT, (ep11, mech, key) => ep11.decryptInit({ mech, key })],
  ["DecryptSingle", ck.CKF_DECRYPT, (ep11, mech, key) => ep11.decryptSingle({ mech, key, ciphered: DATA })],
  ["SignInit", ck.CKF_SIGN, (ep11, mech, privKey) => ep11.signInit({ mech, privKey })],
  ["SignSingle", ck.CKF_SIGN, (ep11, mech, privKey) => ep11.signSingle({ mech, privKey, data: DATA })],
  ["VerifyInit", ck.CKF_VERIFY, (ep11, mech, pubKey) => ep11.verifyInit({ mech, pubKey })],
  [
    "VerifySingle",
    ck.CKF_VERIFY,
    (ep11, mech, pubKey) => ep11.verifySingle({ mech, pubKey, data: DATA, signature: DATA }),
  ],
  ["GenerateKey", ck.CKF_GENERATE, (ep11, mech) => ep11.generateKey({ mech, template: AES_TEMPLATE })],
  [
    "GenerateKeyPair",
    ck.CKF_GENERATE_KEY_PAIR,
    (ep11, mech) => ep11.generateKeyPair({ mech, pubKeyTemplate: new Map(), privKeyTemplate: new Map() }),
  ],
  ["WrapKey", ck.CKF_WRAP, (ep11, mech, key) => ep11.wrapKey({ mech, key, kek: key })],
  [
    "UnwrapKey",
    ck.CKF_UNWRAP,
    (ep11, mech, kek) => ep11.unwrapKey({ mech, kek, wrapped: DATA, template: AES_TEMPLATE }),
  ],
  ["DeriveKey", ck.CKF_DERIVE, (ep11, mech, baseKey) => ep11.deriveKey({ mech, baseKey, template: AES_TEMPLATE })],
  [
    "ReencryptSingle",
    ck.CKF_DECRYPT,
    (ep11, decMech, key) =>
      ep11.reencryptSingle({ decMech, encMech: AES_ECB, decKey: key, encKey: key, ciphered: DATA }),
  ],
];
