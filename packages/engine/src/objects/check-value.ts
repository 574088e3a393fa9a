/** Key check values and CheckSums (docs/reference/decisions.md#checksum, docs/reference/ep11.md#check-values). */
import * as ck from "@grep11/cryptoki";
import { fromNumber } from "@grep11/encoding";
import { hash } from "../primitives/hash/hash.ts";
import { encryptBlock } from "../primitives/symmetric/block-cipher.ts";
import type { Key } from "./key.ts";
import type { Policy } from "./policy/policy.ts";

const NONE = new Uint8Array(0);
const CHECK_VALUE_BYTES = 3;

/** Remembers check values, because a new key needs its check value twice: as an attribute and in the CheckSum. */
const known = new WeakMap<Key, Uint8Array>();

/**
 * Returns CKA_CHECK_VALUE of AES and DES keys: the first 3 bytes of a zero block encrypted in ECB mode. Returns
 * undefined for other keys. Returns an empty array if the template of the key contained an empty CKA_CHECK_VALUE, which
 * prevents the attribute (PKCS #11 v3.2, 4.10).
 */
export function checkValue(key: Key): Uint8Array | undefined {
  if (key.attributes.has(ck.CKA_CHECK_VALUE)) return NONE;
  const value = known.get(key) ?? computed(key);
  if (value !== undefined) known.set(key, value);
  return value;
}

function computed(key: Key): Uint8Array | undefined {
  switch (key.keyType) {
    case ck.CKK_AES:
      return encryptBlock("aes", key.value, new Uint8Array(16)).slice(0, CHECK_VALUE_BYTES);
    case ck.CKK_DES2:
    case ck.CKK_DES3:
      return encryptBlock("des3", key.value, new Uint8Array(8)).slice(0, CHECK_VALUE_BYTES);
    default:
      return undefined;
  }
}

/**
 * Returns the CheckSum of a secret key: a 3-byte check value, then the length of the key in bits as 4 bytes. It is
 * not public which check value EP11 returns for keys other than AES and DES keys. Here, it is the first 3 bytes of
 * the SHA-256 of the key's value, or zeros if the policy does not permit check values of such keys.
 */
export function checkSum(key: Key, policy: Policy): Uint8Array {
  const value = checkValue(key) ?? (policy.checksGenericSecrets ? hash("sha256", key.value) : new Uint8Array(3));
  const sum = new Uint8Array(CHECK_VALUE_BYTES + 4);
  sum.set(value.subarray(0, CHECK_VALUE_BYTES));
  sum.set(bitCount(key.value.length * 8), CHECK_VALUE_BYTES);
  return sum;
}

/** Returns a number of bits as the four big-endian bytes that end a CheckSum. */
export function bitCount(bits: number): Uint8Array {
  return fromNumber(bits, 4);
}
