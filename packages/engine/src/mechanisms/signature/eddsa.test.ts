import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, privateKey, publicKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { type Curve, ED448, ED25519, P_256, X25519 } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { ed448, ed25519 } from "./eddsa.ts";

const random = (length: number) => new Uint8Array(length);
const FAMILIES = { Ed25519: { family: ed25519, curve: ED25519 }, Ed448: { family: ed448, curve: ED448 } } as const;

function pairOf(curve: Curve, privateValue: Uint8Array, point = publicPoint(curve, privateValue)) {
  return {
    priv: privateKey(ck.CKK_EC, encodePrivateKey({ type: "ec", curve, privateValue, point })),
    pub: publicKey(ck.CKK_EC, encodePublicKey({ type: "ec", curve, point })),
  };
}

interface Case {
  readonly name: string;
  readonly algorithm: string;
  readonly privateKey?: string;
  readonly context?: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly result: "valid" | "invalid";
}

describeVectors<{ cases: Case[] }>("ep11/ed-x-curves.json", ({ cases }) => {
  const pure = cases.filter(({ algorithm, context = "" }) => algorithm in FAMILIES && context === "");
  test.each(pure)("$name", (vector) => {
    const { family, curve } = FAMILIES[vector.algorithm as keyof typeof FAMILIES];
    const [message, signature] = [hex(vector.message), hex(vector.signature)];
    const point = hex(vector.publicKey);
    const pub = publicKey(ck.CKK_EC, encodePublicKey({ type: "ec", curve, point }));
    if (signature.length !== 2 * curve.publicBytes) {
      expect(() => family.verify!(pub, undefined, message, signature)).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
      return;
    }
    expect(family.verify!(pub, undefined, message, signature)).toBe(vector.result === "valid");
    if (vector.privateKey === undefined) return;
    const { priv } = pairOf(curve, hex(vector.privateKey), point);
    expect(family.sign!(priv, undefined, message, random)).toEqual(signature);
  });
});

interface Group {
  readonly publicKeyDer: string;
  readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[];
}

describeVectors<{ testGroups: Group[] }>("wycheproof/ed25519_test.json", ({ testGroups }) => {
  test("every case", () => {
    for (const { publicKeyDer, tests } of testGroups) {
      const pub = publicKey(ck.CKK_EC, hex(publicKeyDer));
      for (const { tcId, msg, sig, result } of tests) {
        const verify = () => ed25519.verify!(pub, undefined, hex(msg), hex(sig));
        if (sig.length === 128) expect([tcId, verify()]).toEqual([tcId, result === "valid"]);
        else expect(verify).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
      }
    }
  });
});

describe("refused", () => {
  test("keys on other curves", () => {
    const keys = [ED25519, ED448, X25519, P_256].map((curve) => ({
      curve,
      ...pairOf(curve, new Uint8Array(curve.privateBytes).fill(1)),
    }));
    for (const { family, curve: own } of Object.values(FAMILIES)) {
      for (const { curve, priv, pub } of keys) {
        for (const key of [priv, pub]) {
          const require = () => family.requireKey!(key, undefined);
          if (curve === own) expect(require).not.toThrow();
          else expect(require).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
        }
      }
    }
  });

  test("work in parts", () => {
    expect(ed25519.signatureInit).toBeUndefined();
    expect(ed448.signatureInit).toBeUndefined();
  });
});
