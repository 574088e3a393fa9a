/** Lists the functions that take a mechanism, so that each can be called with any mechanism. */
import { template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import type { KeyFixtures } from "./key-fixtures.ts";

/** Calls a function with a given mechanism and otherwise valid arguments. */
interface FunctionCall {
  readonly name: string;
  /** The flag (CKF_*) that a mechanism must have to be used with the function. */
  readonly flag: number;
  call(ep11: ck.Ep11, keys: KeyFixtures, mech: ck.Mechanism): Promise<unknown>;
}

const DATA = new Uint8Array(32).fill(0x61);
const secretTemplate = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 16 });
const aes = async (keys: KeyFixtures) => (await keys.key("AES-256")).privateKey;

/** Every function that takes a mechanism. Those that take a key use an AES key. */
export const FUNCTION_CALLS: readonly FunctionCall[] = [
  { name: "DigestInit", flag: ck.CKF_DIGEST, call: (ep11, _, mech) => ep11.digestInit({ mech }) },
  { name: "DigestSingle", flag: ck.CKF_DIGEST, call: (ep11, _, mech) => ep11.digestSingle({ mech, data: DATA }) },
  {
    name: "EncryptInit",
    flag: ck.CKF_ENCRYPT,
    call: async (ep11, keys, mech) => ep11.encryptInit({ mech, key: await aes(keys) }),
  },
  {
    name: "EncryptSingle",
    flag: ck.CKF_ENCRYPT,
    call: async (ep11, keys, mech) => ep11.encryptSingle({ mech, key: await aes(keys), plain: DATA }),
  },
  {
    name: "DecryptInit",
    flag: ck.CKF_DECRYPT,
    call: async (ep11, keys, mech) => ep11.decryptInit({ mech, key: await aes(keys) }),
  },
  {
    name: "DecryptSingle",
    flag: ck.CKF_DECRYPT,
    call: async (ep11, keys, mech) => ep11.decryptSingle({ mech, key: await aes(keys), ciphered: DATA }),
  },
  {
    name: "SignInit",
    flag: ck.CKF_SIGN,
    call: async (ep11, keys, mech) => ep11.signInit({ mech, privKey: await aes(keys) }),
  },
  {
    name: "SignSingle",
    flag: ck.CKF_SIGN,
    call: async (ep11, keys, mech) => ep11.signSingle({ mech, privKey: await aes(keys), data: DATA }),
  },
  {
    name: "VerifyInit",
    flag: ck.CKF_VERIFY,
    call: async (ep11, keys, mech) => ep11.verifyInit({ mech, pubKey: await aes(keys) }),
  },
  {
    name: "VerifySingle",
    flag: ck.CKF_VERIFY,
    call: async (ep11, keys, mech) => ep11.verifySingle({ mech, pubKey: await aes(keys), data: DATA, signature: DATA }),
  },
  {
    name: "GenerateKey",
    flag: ck.CKF_GENERATE,
    call: (ep11, _, mech) => ep11.generateKey({ mech, template: secretTemplate }),
  },
  {
    name: "GenerateKeyPair",
    flag: ck.CKF_GENERATE_KEY_PAIR,
    call: (ep11, _, mech) => ep11.generateKeyPair({ mech, pubKeyTemplate: new Map(), privKeyTemplate: new Map() }),
  },
  {
    name: "WrapKey",
    flag: ck.CKF_WRAP,
    call: async (ep11, keys, mech) => ep11.wrapKey({ mech, key: await aes(keys), kek: await aes(keys) }),
  },
  {
    name: "UnwrapKey",
    flag: ck.CKF_UNWRAP,
    call: async (ep11, keys, mech) =>
      ep11.unwrapKey({ mech, kek: await aes(keys), wrapped: DATA, template: secretTemplate }),
  },
  {
    name: "DeriveKey",
    flag: ck.CKF_DERIVE,
    call: async (ep11, keys, mech) => ep11.deriveKey({ mech, baseKey: await aes(keys), template: secretTemplate }),
  },
  {
    name: "ReencryptSingle",
    flag: ck.CKF_DECRYPT,
    async call(ep11, keys, mech) {
      const key = await aes(keys);
      const encMech = { mechanism: ck.CKM_AES_ECB };
      return ep11.reencryptSingle({ decMech: mech, encMech, decKey: key, encKey: key, ciphered: DATA });
    },
  },
];
