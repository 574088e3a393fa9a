import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { hex, reader, refuses, wire } from "../testing/parameters.ts";

const btc = reader(ck.CKM_IBM_BTC_DERIVE);
const eth = reader(ck.CKM_IBM_ETH_DERIVE);
const aggregate = reader(ck.CKM_IBM_EC_AGGREGATE);

const NONE = new Uint8Array(0);
const CHAIN = new Uint8Array(32).fill(7);
const BTC = { type: "BTCDeriveParm", deriveType: 1, childKeyIndex: 5, chainCode: CHAIN, version: 1 } as const;
const AGG = { type: "ECAGGParm", version: 0, mode: 1, perElementSize: 2, elements: hex("01020304") } as const;

describe("BTCDeriveParm", () => {
  test("structure and wire form agree", () => {
    const expected = { standard: "BIP32", step: "private-to-private", index: 5, chainCode: CHAIN };
    expect(btc(BTC)).toEqual(expected);
    expect(btc(wire(1, 5, 32, CHAIN, 1))).toEqual(expected);
    expect(btc({ ...BTC, deriveType: 8, chainCode: NONE })).toMatchObject({
      standard: "SLIP-0010",
      step: "master",
    });
  });

  test("everything else is refused", () => {
    refuses(btc, undefined, NONE, AGG, wire(1, 5, 32), wire(1, 5, 32, CHAIN, 1, 1));
    refuses(btc, { ...BTC, deriveType: 0 }, { ...BTC, deriveType: 9 }, { ...BTC, version: 0 });
    refuses(btc, { ...BTC, chainCode: NONE }, { ...BTC, deriveType: 4 }, { ...BTC, childKeyIndex: 2 ** 32 });
    refuses(btc, { ...BTC, deriveType: 3, childKeyIndex: 2 ** 31 });
    refuses(btc, { ...BTC, deriveType: 7, childKeyIndex: 2 ** 32 - 1 });
  });
});

test("the ETH parameter has a wire form only", () => {
  expect(eth(wire(1, 9, 2, 1, 4, hex("aabb")))).toEqual({
    step: "private-to-private",
    index: 9,
    keyInfo: hex("aabb"),
  });
  expect(eth(wire(3, 0, 0, 1, 4)).step).toBe("master");
  refuses(eth, undefined, NONE, BTC, wire(4, 0, 0, 1, 4), wire(1, 0, 0, 2, 4), wire(1, 0, 0, 1, 3));
  refuses(eth, wire(1, 0, 0, 1, 4, 0), wire(1, 0, 1, 1, 4), wire(1, 0, 33, 1, 4, new Uint8Array(33)));
});

test("ECSGParm is one number", () => {
  const ecsg = reader(ck.CKM_IBM_ECDSA_OTHER);
  expect(ecsg({ type: "ECSGParm", ecsgType: 3 })).toEqual({ type: "ecsdsa" });
  expect(ecsg(wire(5))).toEqual({ type: "zilliqa" });
  expect(ecsg(wire(6))).toEqual({ type: "bls" });
  refuses(ecsg, undefined, NONE, BTC, wire(4), wire(3, 3), hex("000003"), { type: "ECSGParm", ecsgType: 0 });
});

test("ECAGGParm is cut into its elements", () => {
  const expected = { of: "signatures", elements: [hex("0102"), hex("0304")] };
  expect(aggregate(AGG)).toEqual(expected);
  expect(aggregate(wire(0, 1, 2, 4, AGG.elements))).toEqual(expected);
  refuses(aggregate, undefined, NONE, BTC, { ...AGG, version: 1 }, { ...AGG, mode: 0 }, { ...AGG, mode: 3 });
  refuses(aggregate, { ...AGG, elements: NONE }, { ...AGG, perElementSize: 3 }, { ...AGG, perElementSize: 0 });
  refuses(aggregate, { ...AGG, perElementSize: 1, elements: new Uint8Array(13) });
});
