import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { EC_PRIVATE_KEY, EC_PUBLIC_KEY } from "../../test/sealing.ts";
import { bitOf } from "./booleans.ts";
import { publicHalf } from "./key-pair.ts";

const bitsOf = (...attributes: readonly number[]) => attributes.reduce((bits, attribute) => bits | bitOf(attribute), 0);

test("has the rights that correspond to the private ones, and is bound and local if the private half is", () => {
  const half = publicHalf(EC_PRIVATE_KEY);
  expect(half).toMatchObject({ objectClass: ck.CKO_PUBLIC_KEY, value: EC_PUBLIC_KEY.value, booleans: 0x8024 });
  const unwraps = publicHalf({
    ...EC_PRIVATE_KEY,
    booleans: bitsOf(ck.CKA_UNWRAP, ck.CKA_DECRYPT, ck.CKA_IBM_ATTRBOUND),
  });
  expect(unwraps.booleans).toBe(0x4844);
  expect(publicHalf({ ...EC_PRIVATE_KEY, booleans: bitsOf(ck.CKA_SIGN) }).booleans & bitsOf(ck.CKA_LOCAL)).toBe(0);
});
