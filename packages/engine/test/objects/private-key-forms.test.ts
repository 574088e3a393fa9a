/** Tests every form of PrivateKeyInfo that a maintained tool writes, for every kind of key, and inconsistent keys. */

import { generateKeyPairSync } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, DerReader, der, EncodingError } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { importUnwrapped } from "../../src/objects/import-key.ts";
import { BLS12_381, CURVES, type Curve, curveOfName, P_256, P_521 } from "../../src/primitives/ec/curves.ts";
import { EC_ALGORITHM, PointFormError } from "../../src/primitives/ec/ec-format.ts";
import { publicPoint } from "../../src/primitives/ec/ec-point.ts";
import { groupOfSize } from "../../src/primitives/finite-field/groups.ts";
import { encodePrivateKey, encodePublicKey, parsePrivateKey } from "../../src/primitives/keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../../src/primitives/keys/key-import.ts";
import { publicKeyOfPrivate } from "../../src/primitives/keys/public-key.ts";
import { generatePqcKeyPair } from "../../src/primitives/lattice/pqc-keys.ts";
import { PQC_SETS, type PqcSet } from "../../src/primitives/lattice/pqc-sets.ts";
import { ckr } from "../keys.ts";
import { repeatableRandom } from "../sealing.ts";

const DER = { publicKeyEncoding: { format: "der", type: "spki" } as const };
const PKCS8 = { format: "der", type: "pkcs8" } as const;
const random = repeatableRandom("private key forms");

/** A kind of key: its CKK_* and two of its private keys, as PrivateKeyInfo in EP11 form. */
interface Kind {
  readonly name: string;
  readonly keyType: number;
  readonly pkcs8: Uint8Array;
  readonly other: Uint8Array;
}

function kind(name: string, keyType: number, make: (which: number) => Uint8Array): Kind {
  return { name, keyType, pkcs8: make(1), other: make(2) };
}

function curveKey(curve: Curve, which: number): Uint8Array {
  const privateValue = new Uint8Array(curve.privateBytes).fill(which).with(0, 0);
  return encodePrivateKey({ type: "ec", curve, privateValue, point: publicPoint(curve, privateValue) });
}

/**
 * Returns a kind with two DSA or DH keys in the same group. The keys differ only in their last byte, which belongs to
 * the private value.
 */
function ofOneGroup(name: string, keyType: number, first: Uint8Array): Kind {
  return { name, keyType, pkcs8: first, other: first.with(-1 + first.length, first.at(-1)! ^ 1) };
}

const dsa = generateKeyPairSync("dsa", {
  modulusLength: 1024,
  divisorLength: 160,
  ...DER,
  privateKeyEncoding: PKCS8,
}).privateKey;
const dh = encodePrivateKey({ type: "dh", ...groupOfSize(2048)!, privateValue: random(32) });
const rsa = () =>
  new Uint8Array(generateKeyPairSync("rsa", { modulusLength: 1024, ...DER, privateKeyEncoding: PKCS8 }).privateKey);

const PQC: readonly (readonly [name: string, keyType: number])[] = [
  ["ml-dsa-44", ck.CKK_IBM_ML_DSA],
  ["ml-dsa-65", ck.CKK_IBM_ML_DSA],
  ["ml-dsa-87", ck.CKK_IBM_ML_DSA],
  ["ml-kem-512", ck.CKK_IBM_ML_KEM],
  ["ml-kem-768", ck.CKK_IBM_ML_KEM],
  ["ml-kem-1024", ck.CKK_IBM_ML_KEM],
  ["slh-dsa-sha2-128f", ck.CKK_SLH_DSA],
];
const setOf = (name: string) => PQC_SETS.find((set) => set.name === name)!;

const KINDS: readonly Kind[] = [
  kind("RSA", ck.CKK_RSA, rsa),
  ofOneGroup("DSA", ck.CKK_DSA, new Uint8Array(dsa)),
  ofOneGroup("DH", ck.CKK_DH, dh),
  ...CURVES.map((curve) => kind(curve.name, ck.CKK_EC, (which) => curveKey(curve, which))),
  ...PQC.map(([name, keyType]) => kind(name, keyType, () => encodePrivateKey(generatePqcKeyPair(setOf(name), random)))),
];

/** Returns the parts of a PrivateKeyInfo: AlgorithmIdentifier and content of the OCTET STRING. */
function partsOf(pkcs8: Uint8Array): { algorithm: Uint8Array; content: Uint8Array } {
  const info = DerReader.sequence(pkcs8);
  info.smallInteger();
  const start = pkcs8.length - info.rest().length;
  info.sequence();
  const end = pkcs8.length - info.rest().length;
  return { algorithm: pkcs8.subarray(start, end), content: info.octetString() };
}

/** Returns the content of the BIT STRING of the SubjectPublicKeyInfo. */
function publicBitsOf(pkcs8: Uint8Array): Uint8Array {
  const info = DerReader.sequence(publicKeyOfPrivate(pkcs8));
  info.sequence();
  return info.bitString();
}

const beside = (bits: Uint8Array) => der.bitString(bits).with(0, 0x81);
const ATTRIBUTES = der.explicit(
  0,
  der.sequence(der.oid("1.2.840.113549.1.9.20"), Uint8Array.of(0x31, 3, 0x1e, 1, 0x61)),
);

function info(pkcs8: Uint8Array, version: number, ...rest: Uint8Array[]): Uint8Array {
  const { algorithm, content } = partsOf(pkcs8);
  return der.sequence(der.smallInteger(version), algorithm, der.octetString(content), ...rest);
}

describe.each(KINDS)("$name", ({ keyType, pkcs8, other }) => {
  const target = { objectClass: ck.CKO_PRIVATE_KEY, keyType, valueLen: undefined };
  const imported = (value: Uint8Array) => importUnwrapped({ value }, target).value;
  const bits = publicBitsOf(pkcs8);

  test.each([
    ["version 0", info(pkcs8, 0)],
    ["version 0 with attributes", info(pkcs8, 0, ATTRIBUTES)],
    ["version 1 without a public key", info(pkcs8, 1)],
    ["version 1 with the public key", info(pkcs8, 1, beside(bits))],
    ["version 1 with attributes and the public key", info(pkcs8, 1, ATTRIBUTES, beside(bits))],
    ["version 1 with the public key tagged explicitly", info(pkcs8, 1, der.explicit(1, der.bitString(bits)))],
  ])("%s is imported", (_, form) => {
    expect(imported(form)).toEqual(imported(pkcs8));
  });

  test.each([
    ["the public key of another private key", info(pkcs8, 1, beside(publicBitsOf(other)))],
    ["a changed public key", info(pkcs8, 1, beside(bits.with(bits.length - 1, bits.at(-1)! ^ 1)))],
    ["a truncated public key", info(pkcs8, 1, beside(bits.subarray(0, -1)))],
    ["an empty public key", info(pkcs8, 1, beside(new Uint8Array(0)))],
    ["a public key in version 0", info(pkcs8, 0, beside(bits))],
    ["two public keys", info(pkcs8, 1, beside(bits), beside(bits))],
    ["an unknown version", info(pkcs8, 2, beside(bits))],
  ])("%s is refused", (_, form) => {
    expect(() => imported(form)).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });
});

/** Encodes an ECPrivateKey with the given optional elements. */
function ecPrivateKey(privateValue: Uint8Array, ...optional: Uint8Array[]): Uint8Array {
  return der.octetString(der.sequence(der.smallInteger(1), der.octetString(privateValue), ...optional));
}

describe.each(CURVES.filter((curve) => curve !== BLS12_381))("the forms of a key on $name", (curve) => {
  const privateValue = new Uint8Array(curve.privateBytes).fill(1).with(0, 0);
  const point = publicPoint(curve, privateValue);
  const wrong = publicPoint(curve, privateValue.with(1, 2));
  const complete = { type: "ec", curve, privateValue, point };
  const algorithm = der.sequence(EC_ALGORITHM, curve.oid);
  const inner = (bytes: Uint8Array) => der.explicit(1, der.bitString(bytes));
  const form = (version: number, key: Uint8Array, ...rest: Uint8Array[]) =>
    der.sequence(der.smallInteger(version), algorithm, key, ...rest);

  test.each([
    ["no public key", form(0, ecPrivateKey(privateValue))],
    ["the curve named twice", form(0, ecPrivateKey(privateValue, der.explicit(0, curve.oid)))],
    ["an inner public key", form(0, ecPrivateKey(privateValue, der.explicit(0, curve.oid), inner(point)))],
    ["an outer public key", form(1, ecPrivateKey(privateValue), beside(point))],
    ["both", form(1, ecPrivateKey(privateValue, inner(point)), beside(point))],
  ])("%s", (_, pkcs8) => {
    expect(importPrivateKey(pkcs8)).toEqual(complete);
  });

  test.each([
    ["another inner public key", form(0, ecPrivateKey(privateValue, inner(wrong)))],
    ["another outer public key", form(1, ecPrivateKey(privateValue), beside(wrong))],
    ["the inner one is right, the outer one not", form(1, ecPrivateKey(privateValue, inner(point)), beside(wrong))],
    ["the outer one is right, the inner one not", form(1, ecPrivateKey(privateValue, inner(wrong)), beside(point))],
  ])("refused: %s", (_, pkcs8) => {
    expect(() => importPrivateKey(pkcs8)).toThrow(EncodingError);
  });
});

describe.each(PQC.filter(([name]) => name.startsWith("ml-")))("the forms of %s", (name, keyType) => {
  const set: PqcSet = setOf(name);
  const [key, other] = [generatePqcKeyPair(set, random), generatePqcKeyPair(set, random)];
  const target = { objectClass: ck.CKO_PRIVATE_KEY, keyType, valueLen: undefined };
  const imported = (content: Uint8Array, ...rest: Uint8Array[]) => {
    const value = der.sequence(der.smallInteger(rest.length), der.sequence(set.oid), der.octetString(content), ...rest);
    return parsePrivateKey(importUnwrapped({ value }, target).value);
  };
  const [seed, expanded, publicKey] = [key.seed!, key.privateKey, key.publicKey];
  const known = { type: "pqc", set, privateKey: expanded };

  test.each([
    ["seed", der.implicit(0, seed), seed],
    ["expanded key", der.octetString(expanded), undefined],
    ["both", der.sequence(der.octetString(seed), der.octetString(expanded)), seed],
    ["bare seed", seed, seed],
    ["bare expanded key", expanded, undefined],
    ["expanded key and public key in one string", der.octetString(concatenate(expanded, publicKey)), undefined],
  ])("%s", (_, content, keptSeed) => {
    expect(imported(content)).toMatchObject({ ...known, seed: keptSeed });
    expect(imported(content, beside(publicKey))).toMatchObject({ ...known, seed: keptSeed });
    expect(() => imported(content, beside(other.publicKey))).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });

  test.each([
    ["a seed and another expanded key", der.sequence(der.octetString(seed), der.octetString(other.privateKey))],
    ["an expanded key and another public key", der.octetString(concatenate(expanded, other.publicKey))],
    ["a truncated seed", der.implicit(0, seed.subarray(1))],
    ["a seed with a universal tag", der.octetString(seed)],
    ["a truncated expanded key", der.octetString(expanded.subarray(1))],
    [
      "a changed expanded key",
      der.octetString(expanded.with(expanded.length >> 1, expanded[expanded.length >> 1]! ^ 0x41)),
    ],
    ["nothing", new Uint8Array(0)],
  ])("refused: %s", (_, content) => {
    expect(() => imported(content)).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });
});

/** Returns the same point in compressed or hybrid form (SEC 1, 2.3.3). */
function otherForm(point: Uint8Array, form: "compressed" | "hybrid"): Uint8Array {
  const odd = point.at(-1)! & 1;
  return form === "hybrid"
    ? point.with(0, 6 | odd)
    : Uint8Array.of(2 | odd, ...point.subarray(1, (point.length + 1) / 2));
}

describe.each([P_256, P_521, ...["secp256k1", "brainpoolP384r1"].map((name) => curveOfName(name)!)])(
  "other points on $name",
  (curve) => {
    const privateValue = new Uint8Array(curve.privateBytes).fill(1).with(0, 0);
    const point = publicPoint(curve, privateValue);
    const algorithm = der.sequence(EC_ALGORITHM, curve.oid);

    test.each(["compressed", "hybrid"] as const)("%s: refused, and the error says why", (form) => {
      const changed = otherForm(point, form);
      const key = ecPrivateKey(privateValue, der.explicit(1, der.bitString(changed)));
      const target = { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, valueLen: undefined };
      const reason = expect.objectContaining({
        rv: ck.CKR_WRAPPED_KEY_INVALID,
        detail: expect.stringMatching(`${form} point; .*openssl ec`),
      });
      for (const value of [
        der.sequence(der.smallInteger(0), algorithm, key),
        der.sequence(der.smallInteger(1), algorithm, ecPrivateKey(privateValue), beside(changed)),
      ]) {
        expect(() => importUnwrapped({ value }, target)).toThrow(reason);
      }
      expect(() => importPublicKey(der.sequence(algorithm, der.bitString(changed)))).toThrow(PointFormError);
      expect(importPublicKey(encodePublicKey({ type: "ec", curve, point }))).toMatchObject({ point });
    });
  },
);
