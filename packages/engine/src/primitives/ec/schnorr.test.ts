import { randomBytes } from "node:crypto";
import { toBigInt } from "@grep11/encoding";
import { mod } from "@noble/curves/abstract/modular.js";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { curveOfName, P_256, SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import * as schnorr from "./schnorr.ts";

interface Case {
  readonly name: string;
  readonly curve: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly publicKeyUncompressed?: string;
  readonly k?: string;
  readonly message: string;
  readonly signature: string;
  readonly result: string;
}

function runVectors(file: string, variant: schnorr.SchnorrVariant): void {
  describeVectors<{ readonly cases: readonly Case[] }>(file, ({ cases }) => {
    test.each(cases)("$name ($result)", (each) => {
      const curve = curveOfName(each.curve)!;
      const point = hex(each.publicKeyUncompressed ?? each.publicKey);
      const message = hex(each.message);
      const signature = hex(each.signature);
      expect(schnorr.schnorrVerify(variant, curve, point, message, signature)).toBe(each.result === "valid");
      if (each.k === undefined || each.result !== "valid") return;
      const key = { curve, privateValue: hex(each.privateKey), point };
      expect(publicPoint(curve, key.privateValue)).toEqual(point);
      expect(schnorr.schnorrSignWith(variant, key, message, hex(each.k))).toEqual(signature);
    });
  });
}

runVectors("ep11/ecsdsa.json", schnorr.EC_SDSA);
runVectors("ep11/zilliqa-schnorr.json", schnorr.ZILLIQA);

/** Computes the nonce of a signature by a known key: k = s - sign · r · d. */
function nonceOf(variant: schnorr.SchnorrVariant, key: schnorr.SchnorrKey, message: Uint8Array): bigint {
  const signature = schnorr.schnorrSign(variant, key, message, (length) => new Uint8Array(length));
  const [r, s, d] = [signature.subarray(0, 32), signature.subarray(32), key.privateValue].map(toBigInt);
  return mod(s! - variant.sign * r! * d!, key.curve.order);
}

test("no two variants or curves share a nonce, though random source, key and message are the same", () => {
  const privateValue = new Uint8Array(32).fill(0x17);
  const nonces = [P_256, SECP256K1].flatMap((curve) => {
    const key = { curve, privateValue, point: publicPoint(curve, privateValue) };
    return [schnorr.EC_SDSA, schnorr.ZILLIQA].map((variant) => nonceOf(variant, key, Uint8Array.of(1)));
  });
  expect(new Set(nonces).size).toBe(4);
});

describe.each([
  ["EC-SDSA", schnorr.EC_SDSA, P_256],
  ["Zilliqa", schnorr.ZILLIQA, SECP256K1],
] as const)("%s", (_, variant, curve) => {
  const privateValue = new Uint8Array(32).fill(0x17);
  const key = { curve, privateValue, point: publicPoint(curve, privateValue) };

  test("a repeating random source does not repeat the nonce for another message", () => {
    const stuck = (length: number) => new Uint8Array(length);
    const first = schnorr.schnorrSign(variant, key, Uint8Array.of(1), stuck);
    const second = schnorr.schnorrSign(variant, key, Uint8Array.of(2), stuck);
    expect(first.subarray(0, 32)).not.toEqual(second.subarray(0, 32));
    expect(schnorr.schnorrSign(variant, key, Uint8Array.of(1), stuck)).toEqual(first);
    expect(schnorr.schnorrSign(variant, key, Uint8Array.of(1), randomBytes)).not.toEqual(first);
  });

  test("signatures of other lengths, out of range or modified do not verify", () => {
    const message = randomBytes(6000);
    const signature = schnorr.schnorrSign(variant, key, message, randomBytes);
    expect(schnorr.schnorrVerify(variant, curve, key.point, message, signature)).toBe(true);
    const order = hex(curve.order.toString(16).padStart(64, "0"));
    const altered = [
      signature.subarray(1),
      Uint8Array.of(...signature, 0),
      Uint8Array.of(...signature.subarray(0, 32), ...new Uint8Array(32)),
      Uint8Array.of(...signature.subarray(0, 32), ...order),
      Uint8Array.of(...order, ...signature.subarray(32)),
      Uint8Array.of(...new Uint8Array(32), ...signature.subarray(32)),
    ];
    for (const each of altered) expect(schnorr.schnorrVerify(variant, curve, key.point, message, each)).toBe(false);
  });

  test("nonces do not repeat and their top bits are not biased", () => {
    const n = curve.order;
    const d = BigInt(`0x${Buffer.from(privateValue).toString("hex")}`);
    const message = Uint8Array.of(1);
    const count = 1600;
    const seen = new Set<bigint>();
    const buckets = new Array<number>(16).fill(0);
    for (let round = 0; round < count; round++) {
      const signature = Buffer.from(schnorr.schnorrSign(variant, key, message, randomBytes));
      const r = BigInt(`0x${signature.toString("hex", 0, 32)}`);
      const s = BigInt(`0x${signature.toString("hex", 32)}`);
      const nonce = (((s - variant.sign * r * d) % n) + n) % n;
      seen.add(nonce);
      buckets[Number(nonce >> 252n)]! += 1;
    }
    expect(seen.size).toBe(count);
    // Chi-square with 15 degrees of freedom exceeds 60 once in three million runs.
    const expected = count / 16;
    const chiSquare = buckets.reduce((sum, found) => sum + (found - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(60);
  });
});
