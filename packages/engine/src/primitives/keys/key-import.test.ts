import { generateKeyPairSync } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { der, EncodingError, fromBigInt, toBigInt } from "@grep11/encoding";
import { invert } from "@noble/curves/abstract/modular.js";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { CURVES, ED25519, P_256, SECP256K1, X25519 } from "../ec/curves.ts";
import { publicPoint, uncompressedPoint } from "../ec/ec-point.ts";
import { groupOfSize, isApprovedPrime } from "../finite-field/groups.ts";
import { drawBelow } from "../random.ts";
import { encodePrivateKey, encodePublicKey, parsePrivateKey, parsePublicKey } from "./key-encodings.ts";
import { importPrivateKey, importPublicKey } from "./key-import.ts";
import type { DhPrivateKey, DsaPrivateKey, EcPrivateKey, RsaPrivateKey } from "./keys.ts";
import { publicKeyOfPrivate } from "./public-key.ts";

const ONE = Uint8Array.of(1);
const ZERO = Uint8Array.of(0);

describe("keys on curves", () => {
  const privateValue = new Uint8Array(32).fill(3);
  const key: EcPrivateKey = { type: "ec", curve: P_256, privateValue, point: publicPoint(P_256, privateValue) };

  test("the public half must belong to the private half", () => {
    expect(importPrivateKey(encodePrivateKey(key))).toEqual(key);
    const foreign = publicPoint(P_256, privateValue.with(31, 4));
    expect(() => importPrivateKey(encodePrivateKey({ ...key, point: foreign }))).toThrow(EncodingError);
  });

  test.each([P_256, SECP256K1])("a private value on $name is from 1 to the order less 1", (curve) => {
    const imported = (number: bigint) => {
      const value = fromBigInt(number, curve.privateBytes);
      return importPrivateKey(encodePrivateKey({ ...key, curve, privateValue: value, point: key.point }));
    };
    expect(() => imported(0n)).toThrow(EncodingError);
    expect(() => imported(curve.order)).toThrow(EncodingError);
    expect(() => imported(curve.order + 1n)).toThrow(EncodingError);
  });

  test("a public point must be on its curve", () => {
    for (const curve of CURVES.filter(ck.isWeierstrass)) {
      const point = publicPoint(curve, new Uint8Array(curve.privateBytes).with(curve.privateBytes - 1, 7));
      expect(importPublicKey(encodePublicKey({ type: "ec", curve, point }))).toEqual({ type: "ec", curve, point });
      const off = point.with(point.length - 1, point.at(-1)! ^ 1);
      expect(() => importPublicKey(encodePublicKey({ type: "ec", curve, point: off }))).toThrow(EncodingError);
      expect(uncompressedPoint(curve, compressed(point))).toEqual(point);
    }
    // Ed25519 has no point with y = 2.
    const point = new Uint8Array(32).with(0, 2);
    expect(() => importPublicKey(encodePublicKey({ type: "ec", curve: ED25519, point }))).toThrow(EncodingError);
  });

  test("RFC 8410, with and without the public key beside it", () => {
    const seed = new Uint8Array(32).fill(9);
    const point = publicPoint(X25519, seed);
    const oneAsymmetricKey = (version: number, ...rest: Uint8Array[]) =>
      der.sequence(
        der.smallInteger(version),
        der.sequence(X25519.oid),
        der.octetString(der.octetString(seed)),
        ...rest,
      );
    const implicitPoint = (bytes: Uint8Array) => der.bitString(bytes).with(0, 0x81);
    const complete = { type: "ec", curve: X25519, privateValue: seed, point };
    expect(importPrivateKey(oneAsymmetricKey(0))).toEqual(complete);
    expect(importPrivateKey(oneAsymmetricKey(1, implicitPoint(point)))).toEqual(complete);
    expect(() => importPrivateKey(oneAsymmetricKey(1, implicitPoint(seed)))).toThrow(EncodingError);
    expect(() => importPrivateKey(oneAsymmetricKey(0, implicitPoint(point)))).toThrow(EncodingError);
    expect(() => importPrivateKey(oneAsymmetricKey(2))).toThrow(EncodingError);
  });
});

function compressed(point: Uint8Array): Uint8Array {
  const half = (point.length - 1) / 2;
  return Uint8Array.of(2 | (point.at(-1)! & 1), ...point.subarray(1, 1 + half));
}

describe("RSA", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 1024,
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "der", type: "pkcs8" },
  });
  const pkcs8 = new Uint8Array(privateKey);
  const key = parsePrivateKey(pkcs8) as RsaPrivateKey;
  const plus = (field: keyof RsaPrivateKey, more: bigint) => ({
    ...key,
    [field]: fromBigInt(toBigInt(key[field] as Uint8Array) + more),
  });

  test("valid keys are imported unchanged", () => {
    expect(encodePrivateKey(importPrivateKey(pkcs8))).toEqual(pkcs8);
    const spki = publicKeyOfPrivate(pkcs8);
    expect(encodePublicKey(importPublicKey(spki))).toEqual(spki);
  });

  test.each([
    "modulus",
    "publicExponent",
    "privateExponent",
    "prime1",
    "prime2",
    "exponent1",
    "exponent2",
    "coefficient",
  ] as const)("a changed %s is noticed", (field) => {
    for (const more of [2n, 1n << 64n]) {
      expect(() => importPrivateKey(encodePrivateKey(plus(field, more)))).toThrow(EncodingError);
    }
    expect(() => importPrivateKey(encodePrivateKey({ ...key, [field]: ZERO }))).toThrow(EncodingError);
  });

  test("primes that are not prime", () => {
    const [p, q] = [toBigInt(key.prime1), toBigInt(key.prime2)];
    expect(importPrivateKey(encodePrivateKey(keyOfPrimes(p, q)))).toMatchObject({ modulus: key.modulus });
    const composite = ((1n << 261n) - 1n) * ((1n << 251n) - 9n);
    expect(() => importPrivateKey(encodePrivateKey(keyOfPrimes(composite, q)))).toThrow(EncodingError);
    expect(() => importPrivateKey(encodePrivateKey(keyOfPrimes(q, composite)))).toThrow(EncodingError);
  });

  test.each([
    ["an even exponent", { publicExponent: fromBigInt(65536n) }],
    ["exponent 1", { publicExponent: ONE }],
    ["an even modulus", { modulus: key.modulus.with(127, 2) }],
    ["a short modulus", { modulus: key.modulus.subarray(70) }],
    ["a long modulus", { modulus: new Uint8Array(513).fill(0xff) }],
  ])("%s", (_, change) => {
    const { modulus, publicExponent } = { ...key, ...change };
    expect(() => importPublicKey(encodePublicKey({ type: "rsa", modulus, publicExponent }))).toThrow(EncodingError);
  });

  test.each([
    ["256 bits up to 3072", 3072, 32],
    ["64 bits beyond", 3073, 8],
  ])("public exponents have up to %s", (_, bits, longest) => {
    const modulus = fromBigInt((1n << BigInt(bits - 1)) + 1n);
    const spki = (bytes: number) =>
      encodePublicKey({ type: "rsa", modulus, publicExponent: new Uint8Array(bytes).fill(1) });
    expect(importPublicKey(spki(longest))).toMatchObject({ modulus });
    expect(() => importPublicKey(spki(longest + 1))).toThrow(EncodingError);
  });

  test("numbers longer than the modulus are refused without computation", () => {
    const long = new Uint8Array(1 << 20).fill(1);
    const started = performance.now();
    for (const field of ["privateExponent", "prime1", "coefficient"] as const) {
      expect(() => importPrivateKey(encodePrivateKey({ ...key, [field]: long }))).toThrow(EncodingError);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  /** Returns an RSA key whose numbers are consistent even if p and q are not primes. */
  function keyOfPrimes(p: bigint, q: bigint): RsaPrivateKey {
    const e = 65537n;
    const d = invert(e, (p - 1n) * (q - 1n));
    const numbers = [p * q, e, d, p, q, d % (p - 1n), d % (q - 1n), invert(q, p)].map((number) => fromBigInt(number));
    const [modulus, publicExponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient] = numbers;
    return {
      type: "rsa",
      modulus: modulus!,
      publicExponent: publicExponent!,
      privateExponent: privateExponent!,
      prime1: prime1!,
      prime2: prime2!,
      exponent1: exponent1!,
      exponent2: exponent2!,
      coefficient: coefficient!,
    };
  }
});

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly spki?: string;
  readonly pkcs8?: string;
}

describeVectors<{ cases: Vector[] }>("ep11/dsa-dh.json", ({ cases }) => {
  const find = (name: string) => cases.find((vector) => vector.name === name)!;

  test.each(cases.filter(({ name }) => /dsa-1024-160-key|dh-1024|modp-2048-0|ffdhe3072-0/.test(name)))(
    "$name",
    (vector) => {
      expect(encodePrivateKey(importPrivateKey(hex(vector.pkcs8!)))).toEqual(hex(vector.pkcs8!));
      expect(encodePublicKey(importPublicKey(hex(vector.spki!)))).toEqual(hex(vector.spki!));
    },
  );

  test("DSA keys outside their group", () => {
    const key = parsePrivateKey(hex(find("dsa-1024-160-key").pkcs8!)) as DsaPrivateKey;
    const { publicValue } = parsePublicKey(hex(find("dsa-1024-160-key").spki!)) as { publicValue: Uint8Array };
    const p = toBigInt(key.prime);
    for (const change of [
      { privateValue: ZERO },
      { privateValue: key.subprime },
      { base: ONE },
      { base: Uint8Array.of(2) },
      { base: fromBigInt(p - 1n) },
      { prime: fromBigInt(p + 2n) },
      { subprime: key.subprime.with(19, key.subprime[19]! ^ 2) },
      { subprime: key.subprime.subarray(1) },
    ]) {
      expect(() => importPrivateKey(encodePrivateKey({ ...key, ...change }))).toThrow(EncodingError);
    }
    for (const value of [ZERO, ONE, fromBigInt(p - 1n), key.prime, publicValue.with(3, publicValue[3]! ^ 1)]) {
      expect(() => importPublicKey(encodePublicKey({ ...key, publicValue: value }))).toThrow(EncodingError);
    }
  });

  test("Diffie-Hellman keys outside their group, or without a safe prime", () => {
    const key = parsePrivateKey(hex(find("dh-modp-2048-0").pkcs8!)) as DhPrivateKey;
    const p = toBigInt(key.prime);
    const unsafe = parsePrivateKey(hex(find("dsa-1024-160-key").pkcs8!)) as DsaPrivateKey;
    for (const change of [
      { privateValue: ZERO },
      { privateValue: fromBigInt(p - 1n) },
      { base: ONE },
      { base: fromBigInt(p - 1n) },
      { prime: fromBigInt(p - 2n) },
      { prime: unsafe.prime },
      { prime: key.prime.subarray(0, 64) },
    ]) {
      expect(() => importPrivateKey(encodePrivateKey({ ...key, ...change }))).toThrow(EncodingError);
    }
    // 4 is a square, but p - 4 is not, because p is 3 modulo 4.
    for (const value of [ZERO, ONE, fromBigInt(p - 1n), key.prime, fromBigInt(p + 1n), fromBigInt(p - 4n)]) {
      expect(() => importPublicKey(encodePublicKey({ ...key, publicValue: value }))).toThrow(EncodingError);
    }
  });

  test("the groups are those of their standards", () => {
    for (const name of ["dh-modp-2048-0", "dh-ffdhe3072-0"]) {
      expect(isApprovedPrime((parsePrivateKey(hex(find(name).pkcs8!)) as DhPrivateKey).prime)).toBe(true);
    }
    const ffdhe3072 = parsePrivateKey(hex(find("dh-ffdhe3072-0").pkcs8!)) as DhPrivateKey;
    expect(groupOfSize(3072)).toEqual({ prime: ffdhe3072.prime, base: Uint8Array.of(2) });
    expect(Buffer.from(groupOfSize(2048)!.prime).toString("hex")).toMatch(/^f{16}adf85458.*61285c97f{16}$/);
    expect(groupOfSize(1000)).toBeUndefined();
  });
});

describe("random private values", () => {
  test("are drawn again until they fit", () => {
    const draws = ["00", "ff", "fb", "05"].map((text) => hex(text));
    expect(drawBelow(251n, () => draws.shift()!)).toEqual(hex("05"));
    expect(draws).toEqual([]);
  });

  test("reach every number below the order and keep its length", () => {
    let next = 0;
    const drawn = new Set(Array.from({ length: 40 }, () => drawBelow(5n, () => Uint8Array.of(next++))[0]));
    expect([...drawn].sort()).toEqual([1, 2, 3, 4]);
    expect(drawBelow(P_256.order, (length) => new Uint8Array(length).with(length - 1, 1)).length).toBe(32);
  });
});
