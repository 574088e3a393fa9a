import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import type { Family } from "../mechanisms/family.ts";
import { ecKeyPairGen } from "../mechanisms/keygen/ec-keygen.ts";
import { rsaPkcsKeyPairGen } from "../mechanisms/rsa/rsa-keygen.ts";
import { ED25519, P_256 } from "../primitives/ec/curves.ts";
import { curveOfKey, parsedPublicHalf, rememberPublicHalf, spkiOf } from "./key-properties.ts";

test.each<[string, Family<undefined>, ck.Template]>([
  ["P-256", ecKeyPairGen, new Map([[ck.CKA_EC_PARAMS, P_256.oid]])],
  ["Ed25519", ecKeyPairGen, new Map([[ck.CKA_EC_PARAMS, ED25519.oid]])],
  ["RSA", rsaPkcsKeyPairGen, new Map([[ck.CKA_MODULUS_BITS, 512]])],
])(
  "%s: the public half that is remembered for a new key is the one that its value gives",
  (_name, family, template) => {
    const { privateKey, publicKey } = family.generateKeyPair!(undefined, template, new Map(), randomBytes);
    const reopened = { ...privateKey, value: privateKey.value.slice() };
    rememberPublicHalf(privateKey, publicKey);
    expect(spkiOf(privateKey)).toBe(publicKey.value);
    expect(spkiOf(reopened)).toEqual(publicKey.value);
    expect(spkiOf(reopened)).toBe(spkiOf(reopened));
    expect(parsedPublicHalf(reopened)).toEqual(parsedPublicHalf(publicKey));
    expect(curveOfKey(reopened)).toBe(curveOfKey(publicKey));
  },
);
