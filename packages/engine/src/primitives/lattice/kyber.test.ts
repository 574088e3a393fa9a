import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import * as kyber from "./kyber.ts";

interface Case {
  readonly name: string;
  readonly variant: "kyber-r2-768" | "kyber-r2-1024";
  readonly keyOf?: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly randomness?: string;
  readonly ciphertext: string;
  readonly sharedSecret: string;
  readonly result: string;
}

describeVectors<{ readonly cases: readonly Case[] }>("ep11/kyber-round2.json", ({ cases }) => {
  const byName = new Map(cases.map((each) => [each.name, each]));

  test.each(cases)("$name ($result)", (each) => {
    const set = kyber.KYBER[each.variant.replace("-r2", "") as kyber.KyberName];
    const { privateKey, publicKey } = byName.get(each.keyOf ?? each.name)!;
    expect(kyber.kyberPublicKey(hex(privateKey))).toEqual(hex(publicKey));
    expect(kyber.isKyberPrivateKey(set, hex(privateKey))).toBe(true);
    const found = kyber.kyberDecapsulate(set, hex(privateKey), hex(each.ciphertext));
    expect(found).toEqual(each.result === "error" ? undefined : hex(each.sharedSecret));
    if (each.randomness === undefined) return;
    expect(kyber.kyberEncapsulate(set, hex(publicKey), hex(each.randomness))).toEqual({
      ciphertext: hex(each.ciphertext),
      sharedSecret: hex(each.sharedSecret),
    });
  });
});

describe.each(Object.entries(kyber.KYBER))("%s", (_, set) => {
  test("both sides agree; a changed ciphertext gives another secret", () => {
    for (let round = 0; round < 10; round++) {
      const { publicKey, privateKey } = kyber.kyberKeyPair(set, randomBytes(64));
      expect(publicKey.length).toBe(kyber.kyberLengths(set).publicKey);
      expect(privateKey.length).toBe(kyber.kyberLengths(set).privateKey);
      const { ciphertext, sharedSecret } = kyber.kyberEncapsulate(set, publicKey, randomBytes(32));
      expect(ciphertext.length).toBe(kyber.kyberLengths(set).ciphertext);
      expect(kyber.kyberDecapsulate(set, privateKey, ciphertext)).toEqual(sharedSecret);
      ciphertext[round * 100]! ^= 1;
      const other = kyber.kyberDecapsulate(set, privateKey, ciphertext);
      expect(other).not.toEqual(sharedSecret);
      expect(kyber.kyberDecapsulate(set, privateKey, ciphertext)).toEqual(other);
    }
  });

  test("a private key with inconsistent parts is refused", () => {
    const { privateKey } = kyber.kyberKeyPair(set, new Uint8Array(64));
    expect(kyber.isKyberPrivateKey(set, privateKey)).toBe(true);
    expect(kyber.isKyberPrivateKey(set, privateKey.subarray(1))).toBe(false);
    const secretBytes = set.k * 384;
    for (const at of [0, secretBytes, privateKey.length - 64]) {
      const changed = privateKey.slice();
      changed[at]! ^= 0x55;
      expect(kyber.isKyberPrivateKey(set, changed)).toBe(false);
    }
  });
});
