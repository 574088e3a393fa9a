/** Generation of RSA keys (PKCS #11 v3.2, 6.1.4 and 6.1.5). */
import * as ck from "@grep11/cryptoki";
import { numberIn, requirePresent } from "../../objects/template-values.ts";
import { generateRsaKeyPair, rsaPrivateKey } from "../../primitives/rsa/rsa.ts";
import { privateOperation, requirePower } from "../../primitives/rsa/rsa-private.ts";
import type { Family } from "../family.ts";
import { rsaKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

const MIN_BITS = 512;
const MAX_BITS = 4096;
const DEFAULT_EXPONENT = 65537;
/** EP11 refuses smaller exponents (docs/reference/ep11.md#rsa). */
const MIN_EXPONENT = 17;
/** OpenSSL's generator does not accept larger exponents through Node. */
const MAX_EXPONENT = 0xffffffff;

/**
 * CKA_MODULUS_BITS is a multiple of 8; CKA_PUBLIC_EXPONENT is a number or big-endian bytes. Errors: CKR_TEMPLATE_INCOMPLETE,
 * CKR_KEY_SIZE_RANGE, CKR_ATTRIBUTE_VALUE_INVALID.
 */
export const rsaPkcsKeyPairGen: Family<undefined> = {
  cost: () => "generation",
  generateKeyPair(_parameter, publicTemplate) {
    const bits = requirePresent(numberIn(publicTemplate, ck.CKA_MODULUS_BITS), ck.CKA_MODULUS_BITS);
    if (bits < MIN_BITS || bits > MAX_BITS || bits % 8 !== 0) {
      throw ck.CkError.keySizeRange(`an RSA modulus has ${MIN_BITS} to ${MAX_BITS} bits, a multiple of 8`);
    }
    const { spki, pkcs8 } = generateRsaKeyPair(bits, publicExponentIn(publicTemplate));
    // This is the pairwise consistency test: the public operation must be the inverse of the private operation.
    const [key, input] = [rsaPrivateKey(pkcs8), new Uint8Array(bits / 8).fill(0x5a)];
    requirePower(key, privateOperation(key, input), input);
    return {
      publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_RSA, value: spki },
      privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_RSA, value: pkcs8 },
    };
  },
};

/**
 * Keys of CKM_RSA_PKCS_KEY_PAIR_GEN also work for X9.31 signatures. The strong primes of that old standard protect against
 * factoring methods that no longer matter; FIPS 186-5, A.1.3, does not require them.
 */
export const rsaX931KeyPairGen: Family<undefined> = rsaPkcsKeyPairGen;

function publicExponentIn(template: ck.Template): number {
  const value = template.get(ck.CKA_PUBLIC_EXPONENT) ?? DEFAULT_EXPONENT;
  const exponent = value instanceof Uint8Array ? value.reduce((sum, byte) => sum * 256 + byte, 0) : Number(value);
  if (exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT && exponent % 2 === 1) return exponent;
  throw ck.CkError.attributeValueInvalid(ck.CKA_PUBLIC_EXPONENT, `is an odd number from ${MIN_EXPONENT} to 2^32 - 1`);
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, { ...rsaKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: rsaPkcsKeyPairGen }),
  row(ck.CKM_RSA_X9_31_KEY_PAIR_GEN, { ...rsaKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: rsaX931KeyPairGen }),
];
