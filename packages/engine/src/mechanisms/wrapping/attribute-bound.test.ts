/** Tests the format of docs/attribute-bound.md: what it contains, and that tokens of version 1 can still be unwrapped. */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { ckr, secretKey } from "../../../test/keys.ts";
import { counting, repeatableRandom } from "../../../test/sealing.ts";
import { bitOf } from "../../objects/booleans.ts";
import type { Key } from "../../objects/key.ts";
import { attributeBound } from "./attribute-bound.ts";

const kek = secretKey(ck.CKK_AES, counting(32, 0x40));
const macKey = secretKey(ck.CKK_GENERIC_SECRET, counting(32, 0x80));
const target = { objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES, valueLen: undefined };
const unwrap = (token: Uint8Array) => attributeBound.unwrap!(kek, undefined, token, target, macKey);

/** A token that release 0.1.0 made from a key with the bytes 01 02 ... 10 and the booleans 0c65. */
const VERSION_1 = Uint8Array.from(
  Buffer.from(
    "4731314101020100000000200000002c05209d7bacbd84a61e224b3a07f4fb812bd5ece1a3149da19c44c89cba0b46e072dee7b375187f02ec3d54488916aeb9083213e289e494db2fc5ec7b9b9b5279352e3ff293ac5e8bf3e75ef4a4cd02f48125d309da598f23b6958730372c1fe313c7f37a37b46f763b7a17e9",
    "hex",
  ),
);

test("a token of version 1 opens; what the key may do is all its history", () => {
  expect(unwrap(VERSION_1)).toEqual({
    value: counting(16, 1),
    bound: { objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES, booleans: 0x0c65, everSet: 0x0c65 },
  });
});

test("a token carries the history of its key", () => {
  const booleans = bitOf(ck.CKA_IBM_ATTRBOUND) | bitOf(ck.CKA_ENCRYPT);
  const everSet = booleans | bitOf(ck.CKA_DECRYPT) | bitOf(ck.CKA_WRAP);
  const key: Key = { ...secretKey(ck.CKK_AES, counting(16, 1)), booleans, everSet };
  const token = attributeBound.wrap!(kek, undefined, key, macKey, repeatableRandom());
  expect(unwrap(token).bound).toEqual({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES, booleans, everSet });
});

test("no token passes for one of another version", () => {
  const other = VERSION_1.slice();
  for (const version of [0, 2, 3, 255]) {
    other[4] = version;
    expect(() => unwrap(other)).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  }
});
