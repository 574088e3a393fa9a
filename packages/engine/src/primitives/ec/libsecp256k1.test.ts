import { createECDH, createHash, randomBytes } from "node:crypto";
import { concatenate, EncodingError, fromBigInt, toBigInt } from "@grep11/encoding";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, test } from "vitest";
import { SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { libsecp256k1, type Secp256k1Library } from "./libsecp256k1.ts";
import { loadSystemSecp256k1 } from "./secp256k1-system.ts";

const n = SECP256K1.order;
const digestOf = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());

function loaded(load: () => Secp256k1Library): Secp256k1Library | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}

const library = loaded(loadSystemSecp256k1);

// These tests are skipped if the library is missing: `apt-get install libsecp256k1-1` installs it.
describe("libsecp256k1 of the system", () => {
  const scalar = new Uint8Array(randomBytes(32)).with(0, 1);
  const digest = digestOf("message");

  test.skipIf(library === undefined)("derives its nonce from key, digest and extra entropy", () => {
    const [zeros, ones] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const signature = library!.sign(digest, scalar, zeros);
    expect(library!.sign(digest, scalar, zeros)).toEqual(signature);
    expect(library!.sign(digest, scalar, ones).subarray(0, 32)).not.toEqual(signature.subarray(0, 32));
  });

  test.skipIf(library === undefined)("verifies low and high s, and nothing else", () => {
    const key = library!.publicKey(library!.publicPoint(scalar)!);
    const signature = library!.sign(digest, scalar, new Uint8Array(32));
    const [r, s] = [toBigInt(signature.subarray(0, 32)), toBigInt(signature.subarray(32))];
    const pair = (first: bigint, second: bigint) => concatenate(fromBigInt(first, 32), fromBigInt(second, 32));
    expect(s <= n / 2n).toBe(true);
    const candidates = [pair(r, s), pair(r, n - s), pair(r, 0n), pair(0n, s), pair(r, n), pair(n, s), pair(s, r)];
    expect(candidates.map((candidate) => library!.verify(candidate, digest, key))).toEqual([
      true,
      true,
      ...Array<boolean>(5).fill(false),
    ]);
    expect(library!.verify(signature, digestOf("another"), key)).toBe(false);
  });

  test.skipIf(library === undefined)("computes the points that OpenSSL computes", () => {
    const pair = createECDH("secp256k1");
    for (const value of [scalar, fromBigInt(1n, 32), fromBigInt(n - 1n, 32)]) {
      pair.setPrivateKey(value);
      expect(library!.publicPoint(value)).toEqual(new Uint8Array(pair.getPublicKey()));
    }
    for (const value of [0n, n, 2n ** 256n - 1n]) expect(library!.publicPoint(fromBigInt(value, 32))).toBeUndefined();
  });

  test.skipIf(library === undefined)("accepts only points on the curve", () => {
    const point = library!.publicPoint(scalar)!;
    expect(() => library!.publicKey(point.with(64, point[64]! ^ 1))).toThrow();
    expect(() => library!.publicKey(point.subarray(0, 64))).toThrow();
  });

  test.skipIf(library === undefined)("refuses arrays of other lengths", () => {
    const short = new Uint8Array(31);
    const key = library!.publicKey(library!.publicPoint(scalar)!);
    expect(() => library!.sign(short, scalar, digest)).toThrow();
    expect(() => library!.sign(digest, short, digest)).toThrow();
    expect(() => library!.sign(digest, scalar, short)).toThrow();
    expect(() => library!.verify(new Uint8Array(64).fill(1), short, key)).toThrow();
    expect(() => library!.verify(new Uint8Array(64).fill(1), digest, short)).toThrow();
    expect(() => library!.publicPoint(short)).toThrow();
  });
});

test.skipIf(library === undefined)("makes the same signatures as noble with the same extra entropy", () => {
  for (let round = 0; round < 20; round++) {
    const [scalar, digest, extra] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const expected = secp256k1.sign(digest, scalar, { prehash: false, extraEntropy: extra });
    expect(library!.sign(digest, scalar, extra)).toEqual(expected);
  }
});

test.skipIf(libsecp256k1() === undefined)("a private value out of range is refused, as on other curves", () => {
  for (const value of [0n, n]) {
    expect(() => publicPoint(SECP256K1, fromBigInt(value, 32))).toThrow(EncodingError);
  }
  expect(() => publicPoint(SECP256K1, new Uint8Array(33).fill(1))).toThrow(EncodingError);
});
