import { randomBytes } from "node:crypto";
import { schnorr } from "@noble/curves/secp256k1.js";
import { describe, expect, test } from "vitest";
import { hex } from "../../../test/vectors.ts";
import { bip340Sign, bip340Verify } from "./bip340.ts";
import { SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";

/** These are BIP-340's own test vectors 0 to 3: secret key, auxiliary data, message and signature. */
const PUBLISHED = [
  [
    "0000000000000000000000000000000000000000000000000000000000000003",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0",
  ],
  [
    "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef",
    "0000000000000000000000000000000000000000000000000000000000000001",
    "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
    "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de33418906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a",
  ],
  [
    "c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b14e5c9",
    "c87aa53824b4d7ae2eb035a2b5bbbccc080e76cdc6d1692c4b0b62d798e6d906",
    "7e2d58d8b3bcdf1abadec7829054f90dda9805aab56c77333024b9d0a508b75c",
    "5831aaeed7b44bb74e5eab94ba9d4294c49bcf2a60728d8b4c200f50dd313c1bab745879a5ad954a72c45a91c3a51d3c7adea98d82f8481e0e1e03674a6f3fb7",
  ],
  [
    "0b432b2677937381aef05bb02a66ecd012773062cf3fa2549e44f58ed2401710",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "7eb0509757e246f19449885651611cb965ecc1a187dd51b64fda1edc9637d5ec97582b9cb13db3933705b32ba982af5af25fd78881ebb32771fc5922efc66ea3",
  ],
] as const;

describe("BIP-340", () => {
  test.each(PUBLISHED)("published signature with the key %s", (key, auxiliary, message, signature) => {
    expect(bip340Sign(hex(key), hex(message), hex(auxiliary))).toEqual(hex(signature));
    expect(bip340Verify(publicPoint(SECP256K1, hex(key)), hex(message), hex(signature))).toBe(true);
  });

  test("agrees with noble on keys and messages of every kind", () => {
    for (let length = 0; length < 40; length += 3) {
      const [key, message, auxiliary] = [randomBytes(32), randomBytes(length), randomBytes(32)];
      const signature = bip340Sign(key, message, auxiliary);
      expect(signature).toEqual(schnorr.sign(message, key, auxiliary));
      expect(schnorr.verify(signature, message, schnorr.getPublicKey(key))).toBe(true);
      expect(bip340Verify(publicPoint(SECP256K1, key), message, signature)).toBe(true);
    }
  });

  test("does not verify anything else", () => {
    const key = hex(PUBLISHED[1][0]);
    const point = publicPoint(SECP256K1, key);
    const message = hex(PUBLISHED[1][2]);
    const signature = hex(PUBLISHED[1][3]);
    for (let at = 0; at < signature.length; at++) {
      const changed = signature.slice();
      changed[at]! ^= 1;
      expect(bip340Verify(point, message, changed)).toBe(false);
    }
    expect(bip340Verify(point, signature, signature)).toBe(false);
    expect(bip340Verify(publicPoint(SECP256K1, new Uint8Array(32).fill(3)), message, signature)).toBe(false);
    const large = signature.slice().fill(0xff, 32);
    expect(bip340Verify(point, message, large)).toBe(false);
    expect(bip340Verify(point.slice().fill(0xff, 1), message, signature)).toBe(false);
  });
});
