import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { type Curve, ED25519, P_256, SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { BIP32, HARDENED, type HierarchicalScheme, masterKey, privateChild, publicChild, SLIP10 } from "./slip10.ts";

interface Case {
  readonly name: string;
  readonly curve: "secp256k1" | "nist256p1" | "ed25519";
  readonly seed: string;
  readonly path?: string;
  readonly privateKey: string;
  readonly chainCode: string;
  readonly publicKey: string;
  readonly publicKeyUncompressed?: string;
  readonly parent?: Pick<Case, "privateKey" | "chainCode" | "publicKey" | "publicKeyUncompressed">;
  readonly index: number;
  readonly hardened: boolean;
  readonly publicDerivation?: "possible" | "impossible";
}

const CURVES: Record<Case["curve"], Curve> = { secp256k1: SECP256K1, nist256p1: P_256, ed25519: ED25519 };

function check(scheme: HierarchicalScheme, each: Case): void {
  const expected = { value: hex(each.privateKey), chainCode: hex(each.chainCode) };
  const point = hex(each.publicKeyUncompressed ?? each.publicKey);
  if (each.parent === undefined) {
    expect(masterKey(scheme, hex(each.seed))).toEqual(expected);
  } else {
    const index = each.index + (each.hardened ? HARDENED : 0);
    const chainCode = hex(each.parent.chainCode);
    expect(privateChild(scheme, { value: hex(each.parent.privateKey), chainCode }, index)).toEqual(expected);
    if (each.publicDerivation === "possible") {
      const parent = { value: hex(each.parent.publicKeyUncompressed!), chainCode };
      expect(publicChild(scheme, parent, index)).toEqual({ value: point, chainCode: expected.chainCode });
    }
  }
  expect(publicPoint(scheme.curve, expected.value)).toEqual(point);
}

function isDerivation(each: Case): boolean {
  return each.path !== undefined;
}

describeVectors<{ readonly cases: readonly Case[] }>("ep11/bip32.json", ({ cases }) => {
  test.each(cases.filter(isDerivation))("$name", (each) => check(BIP32, each));
});

describeVectors<{ readonly cases: readonly Case[] }>("ep11/slip10.json", ({ cases }) => {
  test.each(cases.filter(isDerivation))("$name", (each) => {
    check(SLIP10.find(({ curve }) => curve === CURVES[each.curve])!, each);
  });
});

describe("public derivation", () => {
  test("refuses a point off the curve", () => {
    const point = publicPoint(SECP256K1, new Uint8Array(32).fill(9));
    const chainCode = new Uint8Array(32);
    expect(publicChild(BIP32, { value: point, chainCode }, 0)).toBeDefined();
    point[64]! ^= 1;
    expect(publicChild(BIP32, { value: point, chainCode }, 0)).toBeUndefined();
  });
});
