import { sign as nodeSign, verify as nodeVerify, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, privateKey, publicKey } from "../../../test/keys.ts";
import { everyCut } from "../../../test/parts.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { CURVES, type Curve, curveOfName, ED25519, P_256 } from "../../primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../primitives/ec/ec-point.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { privateKeyObject, publicKeyObject } from "../../primitives/keys/key-objects.ts";
import { ecdsa, ecdsaHash } from "./ecdsa.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
const MESSAGE = Uint8Array.from({ length: 40 }, (_, index) => index);
const p1363 = { dsaEncoding: "ieee-p1363" } as const;

function pairOn(curve: Curve) {
  const pair = generateEcKeyPair(curve, random);
  return { priv: privateKey(ck.CKK_EC, encodePrivateKey(pair)), pub: publicKey(ck.CKK_EC, encodePublicKey(pair)) };
}

interface Case {
  readonly name: string;
  readonly curve: string;
  readonly hash: string;
  readonly privateKey?: string;
  readonly publicKey: string;
  readonly message: string;
  readonly digest: string;
  readonly signature: string;
  readonly result: "valid" | "invalid";
}

/** Returns the name that the primitives use for a hash such as "SHA-256". */
const hashNamed = (name: string) => name.toLowerCase().replace("sha-", "sha").replace("/", "-") as ck.HashName;

describeVectors<{ cases: Case[] }>("ep11/ecdsa.json", ({ cases }) => {
  test.each(cases)("$name", (vector) => {
    const curve = curveOfName(vector.curve)!;
    const point = hex(vector.publicKey);
    const pub = publicKey(ck.CKK_EC, encodePublicKey({ type: "ec", curve, point }));
    const [digest, message, signature] = [hex(vector.digest), hex(vector.message), hex(vector.signature)];
    const hashed = ecdsaHash(hashNamed(vector.hash));
    if (signature.length !== 2 * curve.orderBytes) {
      expect(() => ecdsa.verify!(pub, undefined, digest, signature)).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
      return;
    }
    expect(ecdsa.verify!(pub, undefined, digest, signature)).toBe(vector.result === "valid");
    expect(hashed.verify!(pub, undefined, message, signature)).toBe(vector.result === "valid");
    if (vector.privateKey === undefined) return;
    const key = { type: "ec", curve, privateValue: hex(vector.privateKey), point } as const;
    const priv = privateKey(ck.CKK_EC, encodePrivateKey(key));
    const own = ecdsa.sign!(priv, undefined, digest, random);
    expect(ecdsa.verify!(pub, undefined, digest, own)).toBe(true);
    expect(own).not.toEqual(ecdsa.sign!(priv, undefined, digest, random));
  });
});

describe.each([
  "ecdsa_secp256r1_sha256_p1363_test.json",
  "ecdsa_secp384r1_sha384_p1363_test.json",
  "ecdsa_secp256k1_sha256_p1363_test.json",
  "ecdsa_brainpoolP256r1_sha256_p1363_test.json",
])("wycheproof", (file) => {
  interface Group {
    readonly publicKeyDer: string;
    readonly sha: string;
    readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[];
  }
  describeVectors<{ testGroups: Group[] }>(`wycheproof/${file}`, ({ testGroups }) => {
    test("every case", () => {
      for (const { publicKeyDer, sha, tests } of testGroups) {
        const pub = publicKey(ck.CKK_EC, hex(publicKeyDer));
        const family = ecdsaHash(hashNamed(sha));
        const wrong = tests.filter(({ msg, sig, result }) => {
          const answer = accepts(() => family.verify!(pub, undefined, hex(msg), hex(sig)));
          return answer !== (result === "valid");
        });
        expect(wrong).toEqual([]);
      }
    });
  });
});

function accepts(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    expect(error).toEqual(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
    return false;
  }
}

describe("every curve against node's hash-and-sign", () => {
  test.each(CURVES.filter(ck.isWeierstrass))("$name", (curve) => {
    const { priv, pub } = pairOn(curve);
    const family = ecdsaHash("sha256");
    family.requireKey!(priv, undefined);
    const own = family.sign!(priv, undefined, MESSAGE, random);
    expect(own.length).toBe(2 * curve.orderBytes);
    expect(nodeVerify("sha256", MESSAGE, { key: publicKeyObject(pub.value), ...p1363 }, own)).toBe(true);
    const theirs = nodeSign("sha256", MESSAGE, { key: privateKeyObject(priv.value), ...p1363 });
    expect(family.verify!(pub, undefined, MESSAGE, theirs)).toBe(true);
    expect(family.verify!(pub, undefined, MESSAGE.subarray(1), theirs)).toBe(false);
  });
});

describe("in parts", () => {
  const { priv, pub } = pairOn(P_256);

  test.each(Object.keys(ck.HASHES) as ck.HashName[])("%s at every cut", (name) => {
    const family = ecdsaHash(name);
    for (const parts of everyCut(MESSAGE)) {
      let runningState = family.signatureInit!(priv, undefined);
      for (const part of parts) runningState = family.signatureUpdate!(priv, undefined, runningState.slice(), part);
      const signature = family.signFinal!(priv, undefined, runningState, random);
      expect(family.verify!(pub, undefined, MESSAGE, signature)).toBe(true);
      expect(family.verifyFinal!(pub, undefined, runningState, signature)).toBe(true);
    }
  });

  test("a running state of another hash is refused", () => {
    const runningState = ecdsaHash("sha1").signatureInit!(priv, undefined);
    const family = ecdsaHash("sha256");
    expect(() => family.signatureUpdate!(priv, undefined, runningState, MESSAGE)).toThrow(
      ckr(ck.CKR_SAVED_STATE_INVALID),
    );
    expect(() => family.signFinal!(priv, undefined, runningState, random)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
  });
});

describe("refused", () => {
  const { priv, pub } = pairOn(P_256);

  test("keys on other curves", () => {
    const edwards = pairOn(ED25519);
    for (const family of [ecdsa, ecdsaHash("sha256")]) {
      expect(() => family.requireKey!(edwards.priv, undefined)).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
      expect(() => family.requireKey!(edwards.pub, undefined)).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
    }
  });

  test("no data to the raw mechanism; any other length is taken", () => {
    const none = new Uint8Array(0);
    expect(() => ecdsa.sign!(priv, undefined, none, random)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(() => ecdsa.verify!(pub, undefined, none, new Uint8Array(64))).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    for (const length of [1, 20, 28, 33, 64, 1000]) {
      const data = random(length);
      expect(ecdsa.verify!(pub, undefined, data, ecdsa.sign!(priv, undefined, data, random))).toBe(true);
    }
  });

  test("signatures of another length; numbers out of range are merely wrong", () => {
    for (const length of [0, 63, 65, 128]) {
      const signature = new Uint8Array(length);
      expect(() => ecdsa.verify!(pub, undefined, MESSAGE, signature)).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
    }
    expect(ecdsa.verify!(pub, undefined, MESSAGE, new Uint8Array(64))).toBe(false);
    expect(ecdsa.verify!(pub, undefined, MESSAGE, new Uint8Array(64).fill(0xff))).toBe(false);
  });

  test("a public key that is not on its curve", () => {
    const point = new Uint8Array(65).fill(4);
    const bad = publicKey(ck.CKK_EC, encodePublicKey({ type: "ec", curve: P_256, point }));
    expect(() => ecdsa.verify!(bad, undefined, MESSAGE, new Uint8Array(64).fill(1))).toThrow(
      ckr(ck.CKR_PUBLIC_KEY_INVALID),
    );
  });
});
