import * as ck from "@grep11/cryptoki";
import type { KeyMaterial } from "../../objects/key.ts";
import { withOddParity } from "../../objects/key-types.ts";
import { requirePresent } from "../../objects/template-values.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { hasWeakPart } from "../../primitives/symmetric/des-weak-keys.ts";
import { hasEqualHalves } from "../../primitives/symmetric/xts.ts";
import { secretShape } from "../derivation/derived-secret.ts";
import type { Family } from "../family.ts";
import { aes, chachaKeys, OUTDATED, xtsKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

/** In bytes. Shorter generic secrets can only be imported (docs/reference/ep11.md#mechanism-list). */
const MIN_GENERATED_BYTES = 8;
/** A weak key is drawn at most once in 2^50 draws, so this many in a row mean a broken random source. */
const MAX_DRAWS = 8;

/** CKA_VALUE_LEN must be 16, 24 or 32. Errors: CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE. */
export const aesKeyGen: Family<undefined> = {
  generateKey: (_parameter, template, random) => randomKey(ck.CKK_AES, wantedLength(template, ck.CKK_AES), random),
};

/** CKA_VALUE_LEN must be 32 or 64, for two keys of AES-128 or AES-256. Errors: those of aesKeyGen and des2KeyGen. */
export const xtsKeyGen: Family<undefined> = {
  generateKey(_parameter, template, random) {
    const length = wantedLength(template, ck.CKK_AES_XTS);
    return drawnKey(ck.CKK_AES_XTS, () => random(length), hasEqualHalves);
  },
};

/** CKA_VALUE_LEN may be absent; otherwise it must be 32. */
export const chacha20KeyGen: Family<undefined> = {
  generateKey: (_parameter, _template, random) => randomKey(ck.CKK_CHACHA20, 32, random),
};

/** CKA_VALUE_LEN must be from 8 to 256. Errors: CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE. */
export const genericSecretKeyGen: Family<undefined> = macKeyGen(ck.CKK_GENERIC_SECRET);

/** Generates generic secrets and HMAC keys. Errors: those of genericSecretKeyGen. */
export function macKeyGen(keyType: number): Family<undefined> {
  return {
    generateKey(_parameter, template, random) {
      const length = wantedLength(template, keyType);
      if (length < MIN_GENERATED_BYTES) {
        throw ck.CkError.keySizeRange(`a generated secret has at least ${MIN_GENERATED_BYTES} bytes`);
      }
      return randomKey(keyType, length, random);
    },
  };
}

/** CKA_VALUE_LEN is ignored. Throws CKR_DEVICE_ERROR if the random source is broken. */
export const des2KeyGen: Family<undefined> = desKeyGen(ck.CKK_DES2, 16);
export const des3KeyGen: Family<undefined> = desKeyGen(ck.CKK_DES3, 24);

function wantedLength(template: ck.Template, keyType: number): number {
  return requirePresent(secretShape(template, keyType).length, ck.CKA_VALUE_LEN);
}

function randomKey(keyType: number, length: number, random: RandomSource): KeyMaterial {
  return { objectClass: ck.CKO_SECRET_KEY, keyType, value: random(length) };
}

function desKeyGen(keyType: number, length: number): Family<undefined> {
  return {
    generateKey: (_parameter, _template, random) => drawnKey(keyType, () => withOddParity(random(length)), hasWeakPart),
  };
}

function drawnKey(keyType: number, draw: () => Uint8Array, isWeak: (value: Uint8Array) => boolean): KeyMaterial {
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const value = draw();
    if (!isWeak(value)) return { objectClass: ck.CKO_SECRET_KEY, keyType, value };
  }
  throw new ck.CkError(ck.CKR_DEVICE_ERROR, "the random source gives only weak keys");
}

function macKeys(keyType: number) {
  return { keyTypes: [keyType], bytes: [8, 256], flags: ck.CKF_GENERATE, family: macKeyGen(keyType) } as const;
}

function desKeys(keyType: number, length: number) {
  return { keyTypes: [keyType], bytes: [length, length], flags: ck.CKF_GENERATE, controlPoints: OUTDATED } as const;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_KEY_GEN, { ...aes, flags: ck.CKF_GENERATE, family: aesKeyGen }),
  row(ck.CKM_AES_XTS_KEY_GEN, { ...xtsKeys, flags: ck.CKF_GENERATE, family: xtsKeyGen }),
  row(ck.CKM_CHACHA20_KEY_GEN, { ...chachaKeys, flags: ck.CKF_GENERATE, family: chacha20KeyGen }),
  row(ck.CKM_DES2_KEY_GEN, { ...desKeys(ck.CKK_DES2, 16), family: des2KeyGen }),
  row(ck.CKM_DES3_KEY_GEN, { ...desKeys(ck.CKK_DES3, 24), family: des3KeyGen }),
  row(ck.CKM_GENERIC_SECRET_KEY_GEN, {
    ...macKeys(ck.CKK_GENERIC_SECRET),
    // Cards report CKF_DERIVE as well, although no function of EP11 derives with this mechanism.
    flags: ck.CKF_GENERATE | ck.CKF_DERIVE,
  }),
  row(ck.CKM_SHA_1_KEY_GEN, macKeys(ck.CKK_SHA_1_HMAC)),
  row(ck.CKM_SHA224_KEY_GEN, macKeys(ck.CKK_SHA224_HMAC)),
  row(ck.CKM_SHA256_KEY_GEN, macKeys(ck.CKK_SHA256_HMAC)),
  row(ck.CKM_SHA384_KEY_GEN, macKeys(ck.CKK_SHA384_HMAC)),
  row(ck.CKM_SHA512_KEY_GEN, macKeys(ck.CKK_SHA512_HMAC)),
  row(ck.CKM_SHA512_224_KEY_GEN, macKeys(ck.CKK_SHA512_224_HMAC)),
  row(ck.CKM_SHA512_256_KEY_GEN, macKeys(ck.CKK_SHA512_256_HMAC)),
  row(ck.CKM_SHA3_224_KEY_GEN, macKeys(ck.CKK_SHA3_224_HMAC)),
  row(ck.CKM_SHA3_256_KEY_GEN, macKeys(ck.CKK_SHA3_256_HMAC)),
  row(ck.CKM_SHA3_384_KEY_GEN, macKeys(ck.CKK_SHA3_384_HMAC)),
  row(ck.CKM_SHA3_512_KEY_GEN, macKeys(ck.CKK_SHA3_512_HMAC)),
  row(ck.CKM_HKDF_KEY_GEN, macKeys(ck.CKK_HKDF)),
];
