import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { describe, expect, test } from "vitest";
import { ckr, openedKey, privateKey, publicKey, secretKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import { BLS12_381, type Curve, ED25519, P_256, P_384, SECP256K1 } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import { HARDENED } from "../../primitives/ec/slip10.ts";
import * as keyEncodings from "../../primitives/keys/key-encodings.ts";
import type { Family } from "../family.ts";
import { btcDerive } from "./btc-derive.ts";
import { ethDerive } from "./eth-derive.ts";

type BtcParameter = ReadBy<typeof ck.CKM_IBM_BTC_DERIVE>;
type EthParameter = ReadBy<typeof ck.CKM_IBM_ETH_DERIVE>;

const NONE = new Uint8Array(0);
const CURVES: Readonly<Record<string, Curve>> = { secp256k1: SECP256K1, nist256p1: P_256, ed25519: ED25519 };

function on(curve: Curve, ...more: [number, ck.AttributeValue][]) {
  return new Map<number, ck.AttributeValue>([[ck.CKA_EC_PARAMS, curve.oid], ...more]);
}

function privateOn(curve: Curve, privateValue: Uint8Array): Key {
  const point = publicPoint(curve, privateValue);
  return privateKey(ck.CKK_EC, keyEncodings.encodePrivateKey({ type: "ec", curve, privateValue, point }));
}

function publicOn(curve: Curve, point: Uint8Array): Key {
  return publicKey(ck.CKK_EC, keyEncodings.encodePublicKey({ type: "ec", curve, point }));
}

function derive<P>(family: Family<P>, key: Key, parameter: P, template: Map<number, ck.AttributeValue> = new Map()) {
  family.requireKey!(key, parameter);
  return family.derive!(
    key,
    parameter,
    { template, data: NONE, parameterKeys: [] },
    (length) => new Uint8Array(length),
  );
}

interface Case {
  readonly name: string;
  readonly curve: string;
  readonly seed: string;
  readonly path?: string;
  readonly privateKey: string;
  readonly chainCode: string;
  readonly publicKey: string;
  readonly publicKeyUncompressed?: string;
  readonly parent?: Case;
  readonly index: number;
  readonly hardened: boolean;
  readonly publicDerivation?: "possible" | "impossible";
}

function runTree(standard: BtcParameter["standard"], each: Case): void {
  const curve = CURVES[each.curve]!;
  const template = on(curve);
  const chainCode = hex(each.chainCode);
  const expectedPrivate = privateOn(curve, hex(each.privateKey)).value;
  const expectedPublic = publicOn(curve, hex(each.publicKeyUncompressed ?? each.publicKey)).value;
  if (each.parent === undefined) {
    const seed = secretKey(ck.CKK_GENERIC_SECRET, hex(each.seed));
    const master = derive(btcDerive, seed, { standard, step: "master", index: 0, chainCode: NONE }, template);
    expect(master).toEqual({
      key: { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value: expectedPrivate },
      checkSum: chainCode,
    });
    return;
  }
  const index = each.index + (each.hardened ? HARDENED : 0);
  const parameter = { standard, index, chainCode: hex(each.parent.chainCode) };
  const parent = privateOn(curve, hex(each.parent.privateKey));
  expect(derive(btcDerive, parent, { ...parameter, step: "private-to-private" }, template)).toEqual({
    key: { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value: expectedPrivate },
    checkSum: chainCode,
    revealsBase: !each.hardened,
  });
  const publicChild = { objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_EC, value: expectedPublic };
  expect(derive(btcDerive, parent, { ...parameter, step: "private-to-public" })).toEqual({
    key: publicChild,
    checkSum: chainCode,
    revealsBase: false,
  });
  if (each.publicDerivation !== "possible") return;
  const publicParent = publicOn(curve, hex(each.parent.publicKeyUncompressed!));
  expect(derive(btcDerive, publicParent, { ...parameter, step: "public-to-public" })).toEqual({
    key: publicChild,
    checkSum: chainCode,
  });
}

describeVectors<{ readonly cases: readonly Case[] }>("ep11/bip32.json", ({ cases }) => {
  const derivations = cases.filter(({ path }) => path !== undefined);
  test.each(derivations)("$name", (each) => {
    runTree("BIP32", each);
    runTree("SLIP-0010", each);
  });
});

describeVectors<{ readonly cases: readonly Case[] }>("ep11/slip10.json", ({ cases }) => {
  test.each(cases)("$name", (each) => runTree("SLIP-0010", each));
});

describe("CKM_IBM_BTC_DERIVE refuses", () => {
  const chainCode = new Uint8Array(32);
  const value = new Uint8Array(32).fill(5);
  const child: BtcParameter = { standard: "BIP32", step: "private-to-private", index: 0, chainCode };
  const master: BtcParameter = { ...child, step: "master", chainCode: NONE };
  const seed = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(32));

  test("base keys of the wrong half, type or length", () => {
    const bitcoin = privateOn(SECP256K1, value);
    const wrong: [Key, BtcParameter][] = [
      [seed, child],
      [bitcoin, master],
      [bitcoin, { ...child, step: "public-to-public" }],
      [publicOn(SECP256K1, publicPoint(SECP256K1, value)), child],
      [secretKey(ck.CKK_AES, value), master],
    ];
    for (const [key, parameter] of wrong) {
      expect(() => derive(btcDerive, key, parameter)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
    }
    for (const length of [15, 65]) {
      const odd = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(length));
      expect(() => derive(btcDerive, odd, master)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    }
  });

  test("other curves", () => {
    expect(() => derive(btcDerive, seed, master, on(P_256))).toThrow(ckr(ck.CKR_CURVE_NOT_SUPPORTED));
    expect(() => derive(btcDerive, seed, { ...master, standard: "SLIP-0010" }, on(P_384))).toThrow(
      ckr(ck.CKR_CURVE_NOT_SUPPORTED),
    );
    expect(() => derive(btcDerive, privateOn(P_256, value), child)).toThrow(ckr(ck.CKR_CURVE_NOT_SUPPORTED));
    expect(() => derive(btcDerive, privateOn(SECP256K1, value), child, on(P_256))).toThrow(
      ckr(ck.CKR_TEMPLATE_INCONSISTENT),
    );
  });

  test("children that Ed25519 does not have", () => {
    const slip10 = { ...child, standard: "SLIP-0010" } as const;
    expect(() => derive(btcDerive, privateOn(ED25519, value), slip10)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    const point = publicOn(ED25519, publicPoint(ED25519, value));
    expect(() => derive(btcDerive, point, { ...slip10, step: "public-to-public" })).toThrow(
      ckr(ck.CKR_MECHANISM_PARAM_INVALID),
    );
  });

  test("templates of another class or type; secp256k1 is the curve of a silent one", () => {
    const key = privateOn(SECP256K1, value);
    for (const entry of [
      [ck.CKA_CLASS, ck.CKO_PUBLIC_KEY],
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
    ] as const) {
      expect(() => derive(btcDerive, key, child, new Map([entry]))).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    }
    const made = keyEncodings.parsePrivateKey(derive(btcDerive, seed, master).key.value);
    expect(made.type === "ec" && made.curve).toBe(SECP256K1);
  });
});

interface EthCase {
  readonly name: string;
  readonly function: string;
  readonly seed?: string;
  readonly keyInfo: string;
  readonly masterKey?: string;
  readonly parentKey?: string;
  readonly index: number;
  readonly childKey: string;
}

function privateValue(pkcs8: Uint8Array): Uint8Array {
  const key = keyEncodings.parsePrivateKey(pkcs8);
  if (key.type !== "ec" || key.curve !== BLS12_381) throw new Error("not a key on BLS12-381");
  return key.privateValue;
}

describeVectors<{ readonly cases: readonly EthCase[] }>("ep11/key-derivation.json", ({ cases }) => {
  test.each(cases.filter((each) => each.function === "EIP-2333"))("$name", (each) => {
    const master: EthParameter = { step: "master", index: 0, keyInfo: hex(each.keyInfo) };
    const parent =
      each.seed === undefined
        ? privateOn(BLS12_381, hex(each.parentKey!))
        : openedKey(derive(ethDerive, secretKey(ck.CKK_GENERIC_SECRET, hex(each.seed)), master, on(SECP256K1)).key);
    if (each.masterKey !== undefined) expect(privateValue(parent.value)).toEqual(hex(each.masterKey));
    const child: EthParameter = { step: "private-to-private", index: each.index, keyInfo: NONE };
    const made = derive(ethDerive, parent, child, on(BLS12_381));
    expect(privateValue(made.key.value)).toEqual(hex(each.childKey));
    expect(made.checkSum).toEqual(NONE);
    const half = keyEncodings.parsePublicKey(
      derive(ethDerive, parent, { ...child, step: "private-to-public" }).key.value,
    );
    expect(half.type === "ec" && half.point).toEqual(publicPoint(BLS12_381, hex(each.childKey)));
  });
});

test("CKM_IBM_ETH_DERIVE refuses other base keys and curves", () => {
  const master: EthParameter = { step: "master", index: 0, keyInfo: NONE };
  const child: EthParameter = { ...master, step: "private-to-private" };
  const seed = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(32));
  const short = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(31));
  expect(() => derive(ethDerive, short, master)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
  expect(() => derive(ethDerive, seed, child)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
  expect(() => derive(ethDerive, seed, master, on(P_256))).toThrow(ckr(ck.CKR_CURVE_NOT_SUPPORTED));
  const bitcoin = privateOn(SECP256K1, new Uint8Array(32).fill(1));
  expect(() => derive(ethDerive, bitcoin, child)).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
  expect(() => derive(ethDerive, bitcoin, master)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
});
