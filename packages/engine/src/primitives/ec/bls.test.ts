import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { encodePrivateKey, encodePublicKey } from "../keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../keys/key-import.ts";
import * as bls from "./bls.ts";

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly ciphersuite?: string;
  readonly dst?: string;
  readonly point?: string;
  readonly privateKey?: string;
  readonly publicKey?: string;
  readonly publicKeyUncompressed?: string;
  readonly keyOf?: string;
  readonly keysOf?: readonly string[];
  readonly message: string;
  readonly signature: string;
  readonly signatureUncompressed?: string;
  readonly elementSignatures?: readonly string[];
  readonly aggregateSignatureUncompressed: string;
  readonly aggregatePublicKeyUncompressed?: string;
  readonly result?: "valid" | "invalid";
}

const { G1, G2, longSignatures } = bls12_381;

/** Returns 04 ‖ X ‖ Y of a compressed public key, or the unchanged bytes if they are not a point. */
function publicPoint(compressed: string): Uint8Array {
  try {
    return Uint8Array.of(4, ...G1.Point.fromHex(compressed).toBytes(false));
  } catch {
    return hex(compressed);
  }
}

/** Returns the uncompressed form of a compressed signature, or the unchanged bytes if they are not a point. */
function signaturePoint(compressed: string): Uint8Array {
  try {
    return G2.Point.fromHex(compressed).toBytes(false);
  } catch {
    return hex(compressed);
  }
}

describeVectors<{ readonly cases: readonly Case[] }>("ep11/bls12381.json", ({ cases }) => {
  const keys = new Map(cases.filter(({ kind }) => kind === "key").map((each) => [each.name, each]));
  const uncompressed = (name: string) => hex(`04${keys.get(name)!.publicKeyUncompressed}`);

  test.each([...keys.values()])("$name", ({ privateKey, publicKeyUncompressed }) => {
    expect(bls.blsPublicKey(hex(privateKey!))).toEqual(hex(`04${publicKeyUncompressed}`));
    expect(bls.isBlsPublicKey(hex(`04${publicKeyUncompressed}`))).toBe(true);
  });

  test.each(cases.filter(({ kind }) => kind === "signature"))("$name ($result)", (each) => {
    const tag = each.ciphersuite!;
    const message = hex(each.message);
    const signature = each.signatureUncompressed ? hex(each.signatureUncompressed) : signaturePoint(each.signature);
    const key = each.keyOf === undefined ? publicPoint(each.publicKey!) : uncompressed(each.keyOf);
    expect(bls.blsVerify([key], message, signature, tag)).toBe(each.result === "valid");
    const privateKey = each.keyOf && keys.get(each.keyOf)!.privateKey;
    if (!privateKey || each.result !== "valid") return;
    expect(bls.blsSign(hex(privateKey), message, tag)).toEqual(signature);
  });

  test.each(cases.filter(({ kind }) => kind === "hash-to-G2"))("$name", ({ message, dst, point }) => {
    expect(longSignatures.hash(hex(message), dst!).toHex(true)).toBe(point);
  });

  test.each(cases.filter(({ kind }) => kind === "aggregate"))("$name ($result)", (each) => {
    const publicKeys = each.keysOf!.map(uncompressed);
    const aggregate = hex(each.aggregateSignatureUncompressed);
    expect(bls.blsVerify(publicKeys, hex(each.message), aggregate, each.ciphersuite!)).toBe(each.result === "valid");
    if (each.elementSignatures === undefined) return;
    expect(bls.blsAggregateSignatures(each.elementSignatures.map(hex))).toEqual(aggregate);
    const sum = bls.blsAggregatePublicKeys(publicKeys)!;
    expect(sum).toEqual(hex(`04${each.aggregatePublicKeyUncompressed}`));
    expect(bls.blsVerify([sum], hex(each.message), aggregate, each.ciphersuite!)).toBe(true);
  });
});

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
      readonly comment: string;
    }[];
  }[];
}

describeVectors<WycheproofFile>("wycheproof/bls_sig_g2_basic_verify_test.json", ({ testGroups }) => {
  const cases = testGroups.flatMap(({ publicKey, tests }) => tests.map((each) => ({ ...each, pk: publicKey.pk })));
  test.each(cases)("$tcId: $comment", ({ pk, msg, sig, result }) => {
    expect(bls.blsVerify([publicPoint(pk)], hex(msg), signaturePoint(sig), bls.BLS_BASIC_TAG)).toBe(result === "valid");
  });
});

test("points outside the subgroup, off the curve, the identity and other encodings are refused", () => {
  const key = bls.blsPublicKey(new Uint8Array(32).fill(1));
  const message = Uint8Array.of(1, 2, 3);
  const signature = bls.blsSign(new Uint8Array(32).fill(1), message, bls.BLS_POSSESSION_TAG);
  expect(signature.length).toBe(bls.BLS_SIGNATURE_BYTES);
  expect(bls.blsVerify([key], message, signature, bls.BLS_POSSESSION_TAG)).toBe(true);
  expect(bls.blsVerify([key], message, signature, bls.BLS_BASIC_TAG)).toBe(false);
  expect(bls.blsVerify([], message, signature, bls.BLS_POSSESSION_TAG)).toBe(false);

  // x = 4 is on the curve, but outside the subgroup of order r.
  const Fp = G1.Point.Fp;
  const y = Fp.sqrt(68n);
  expect(G1.Point.fromAffine({ x: 4n, y }).isTorsionFree()).toBe(false);
  const outside = Uint8Array.of(4, ...Fp.toBytes(4n), ...Fp.toBytes(y));
  const identity = Uint8Array.of(4, 0x40, ...new Uint8Array(95));
  const changed = key.slice();
  changed[96]! ^= 1;
  const compressed = hex(G1.Point.fromBytes(key.subarray(1)).toHex(true));
  for (const point of [outside, identity, changed, compressed, key.subarray(1), Uint8Array.of(5, ...key.subarray(1))]) {
    expect(bls.isBlsPublicKey(point)).toBe(false);
    expect(bls.blsVerify([point], message, signature, bls.BLS_POSSESSION_TAG)).toBe(false);
    expect(bls.blsAggregatePublicKeys([key, point])).toBeUndefined();
  }
  const negated = Uint8Array.of(4, ...G1.Point.fromBytes(key.subarray(1)).negate().toBytes(false));
  expect(bls.blsAggregatePublicKeys([key, negated])).toBeUndefined();
  expect(bls.blsAggregateSignatures([])).toBeUndefined();
  expect(bls.blsAggregateSignatures([signature, signature.subarray(1)])).toBeUndefined();
  expect(() => bls.blsPublicKey(new Uint8Array(32))).toThrow("private value");
});

describeVectors<{ readonly cases: readonly (Case & { readonly spki?: string; readonly pkcs8?: string })[] }>(
  "ep11/bls12381.json",
  ({ cases }) => {
    test.each(cases.filter(({ pkcs8 }) => pkcs8 !== undefined))("$name: import", ({ spki, pkcs8 }) => {
      expect(encodePublicKey(importPublicKey(hex(spki!)))).toEqual(hex(spki!));
      expect(encodePrivateKey(importPrivateKey(hex(pkcs8!)))).toEqual(hex(pkcs8!));
    });
  },
);
