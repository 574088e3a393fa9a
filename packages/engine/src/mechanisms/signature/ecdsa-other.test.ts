import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { ReadBy } from "@grep11/mechanisms";
import { describe, expect, test } from "vitest";
import { ckr, openedKey, privateKey, publicKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import { BLS12_381, type Curve, curveOfName, ED25519, P_256, P_384, SECP256K1 } from "../../primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../primitives/ec/ec-point.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { ecAggregate } from "../derivation/ec-aggregate.ts";
import { ecdsaOther, type Signature } from "./ecdsa-other.ts";

function pairOn(curve: Curve) {
  const key = generateEcKeyPair(curve, randomBytes);
  return {
    privateKey: privateKey(ck.CKK_EC, encodePrivateKey(key)),
    publicKey: publicKey(ck.CKK_EC, encodePublicKey(key)),
  };
}

function sign(key: Key, type: Signature, message: Uint8Array): Uint8Array {
  ecdsaOther.requireKey!(key, type);
  return ecdsaOther.sign!(key, type, message, randomBytes);
}

function verify(key: Key, type: Signature, message: Uint8Array, signature: Uint8Array): boolean {
  ecdsaOther.requireKey!(key, type);
  return ecdsaOther.verify!(key, type, message, signature);
}

const SCHNORR_CURVES = [P_256, SECP256K1, curveOfName("brainpoolP256r1")!, curveOfName("brainpoolP256t1")!];

describe.each(["ecsdsa", "zilliqa"] as const)("%s", (type) => {
  test.each(SCHNORR_CURVES)("on $name", (curve) => {
    const pair = pairOn(curve);
    const message = randomBytes(6144);
    const [first, second] = [sign(pair.privateKey, type, message), sign(pair.privateKey, type, message)];
    expect(first).toHaveLength(64);
    expect(first).not.toEqual(second);
    expect(verify(pair.publicKey, type, message, first)).toBe(true);
    expect(verify(pair.publicKey, type, message, second)).toBe(true);
    expect(verify(pair.publicKey, type, message.subarray(1), first)).toBe(false);
    expect(verify(pairOn(curve).publicKey, type, message, first)).toBe(false);
    expect(verify(pair.publicKey, type === "zilliqa" ? "ecsdsa" : "zilliqa", message, first)).toBe(false);
    expect(() => verify(pair.publicKey, type, message, first.subarray(1))).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
  });

  test("on no other curve, and with one key only", () => {
    for (const curve of [P_384, ED25519, BLS12_381]) {
      const pair = pairOn(curve);
      expect(() => sign(pair.privateKey, type, new Uint8Array(1))).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
      expect(() => verify(pair.publicKey, type, new Uint8Array(1), new Uint8Array(64))).toThrow(
        ckr(ck.CKR_MECHANISM_INVALID),
      );
    }
    const { publicKey: single } = pairOn(P_256);
    const double = { ...single, value: concatenate(single.value, single.value) };
    expect(() => verify(double, type, new Uint8Array(1), new Uint8Array(64))).toThrow(
      ckr(ck.CKR_KEY_TYPE_INCONSISTENT),
    );
  });
});

interface BlsCase {
  readonly name: string;
  readonly kind: string;
  readonly spki: string;
  readonly pkcs8: string;
  readonly keysOf: readonly string[];
  readonly message: string;
  readonly elementSignatures?: readonly string[];
  readonly aggregateSignatureUncompressed: string;
  readonly aggregateSpki: string;
  readonly result: "valid" | "invalid";
}

function aggregate(
  of: ReadBy<typeof ck.CKM_IBM_EC_AGGREGATE>["of"],
  elements: readonly Uint8Array[],
  template: ck.Template = new Map(),
) {
  const parameterKeys = of === "public-keys" ? elements.map((spki) => publicKey(ck.CKK_EC, spki)) : [];
  return ecAggregate.derive!(undefined, { of, elements }, { template, data: NONE, parameterKeys }, randomBytes);
}

function sumOf(
  signatures: readonly Uint8Array[],
  of: ReadBy<typeof ck.CKM_IBM_EC_AGGREGATE>["of"] = "signatures",
): Uint8Array {
  return ecAggregate.sign!(NO_KEY, { of, elements: signatures }, NONE, randomBytes);
}

const NONE = new Uint8Array(0);
/** The aggregation of signatures needs no key and does not read this placeholder. */
const NO_KEY = openedKey({ objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value: NONE });

describeVectors<{ readonly cases: readonly BlsCase[] }>("ep11/bls12381.json", ({ cases }) => {
  const keys = new Map(cases.filter(({ kind }) => kind === "key").map((each) => [each.name, each]));
  test.each(cases.filter(({ kind }) => kind === "aggregate"))("$name ($result)", (each) => {
    const signers = each.keysOf.map((name) => keys.get(name)!);
    const message = hex(each.message);
    const signature = hex(each.aggregateSignatureUncompressed);
    const all = publicKey(ck.CKK_EC, concatenate(...signers.map(({ spki }) => hex(spki))));
    expect(verify(all, "bls-possession", message, signature)).toBe(each.result === "valid");
    if (each.elementSignatures === undefined) return;
    const made = signers.map(({ pkcs8 }) => sign(privateKey(ck.CKK_EC, hex(pkcs8)), "bls-possession", message));
    expect(made).toEqual(each.elementSignatures.map(hex));
    expect(sumOf(made)).toEqual(signature);
    const { key, checkSum } = aggregate(
      "public-keys",
      signers.map(({ spki }) => hex(spki)),
    );
    expect(key).toEqual({ objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_EC, value: hex(each.aggregateSpki) });
    expect(checkSum).toEqual(NONE);
    expect(verify(openedKey(key), "bls-possession", message, signature)).toBe(true);
  });
});

describe("BLS", () => {
  const pair = pairOn(BLS12_381);
  const message = randomBytes(32);
  const signature = sign(pair.privateKey, "bls-possession", message);

  test("the suite counts", () => {
    expect(verify(pair.publicKey, "bls-basic", message, signature)).toBe(false);
    const other = sign(pair.privateKey, "bls-basic", message);
    expect(verify(pair.publicKey, "bls-basic", message, other)).toBe(true);
    expect(verify(pair.publicKey, "bls-possession", message, other)).toBe(false);
  });

  test("refusals", () => {
    expect(() => verify(pair.publicKey, "bls-possession", message, signature.subarray(96))).toThrow(
      ckr(ck.CKR_SIGNATURE_LEN_RANGE),
    );
    expect(() => sign(pairOn(P_256).privateKey, "bls-possession", message)).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
    const mixed = concatenate(pair.publicKey.value, pairOn(P_256).publicKey.value);
    expect(() => verify({ ...pair.publicKey, value: mixed }, "bls-possession", message, signature)).toThrow(
      ckr(ck.CKR_MECHANISM_INVALID),
    );
    const thirteen = concatenate(...Array.from({ length: 13 }, () => pair.publicKey.value));
    expect(() => verify({ ...pair.publicKey, value: thirteen }, "bls-possession", message, signature)).toThrow(
      ckr(ck.CKR_ARGUMENTS_BAD),
    );
  });

  test("a rogue key cancels another one out only in a sum that nobody proved: the identity is never a sum", () => {
    const order = BLS12_381.order;
    const value = Buffer.alloc(32, 9);
    const negated = Buffer.from((order - BigInt(`0x${value.toString("hex")}`)).toString(16).padStart(64, "0"), "hex");
    const [spki, opposite] = [value, negated].map((privateValue) => {
      const key = generateEcKeyPair(BLS12_381, () => Uint8Array.from(privateValue));
      return encodePublicKey(key);
    });
    expect(() => aggregate("public-keys", [spki!, opposite!])).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    const both = publicKey(ck.CKK_EC, concatenate(spki!, opposite!));
    expect(verify(both, "bls-possession", message, Uint8Array.of(0x40, ...new Uint8Array(191)))).toBe(false);
  });

  test("aggregates of anything else are refused", () => {
    const invalid = ckr(ck.CKR_MECHANISM_PARAM_INVALID);
    expect(() => sumOf([signature, signature.subarray(1)])).toThrow(invalid);
    expect(() => sumOf([Uint8Array.of(0x40, ...new Uint8Array(191))])).toThrow(invalid);
    expect(() => sumOf([signature], "public-keys")).toThrow(invalid);
    expect(() => aggregate("signatures", [signature])).toThrow(invalid);
    expect(() => aggregate("public-keys", [pairOn(P_256).publicKey.value])).toThrow(invalid);
    const spki = pair.publicKey.value;
    for (const entry of [
      [ck.CKA_CLASS, ck.CKO_PRIVATE_KEY],
      [ck.CKA_EC_PARAMS, P_256.oid],
    ] as const) {
      expect(() => aggregate("public-keys", [spki], new Map<number, ck.AttributeValue>([entry]))).toThrow(
        ckr(ck.CKR_TEMPLATE_INCONSISTENT),
      );
    }
  });
});
