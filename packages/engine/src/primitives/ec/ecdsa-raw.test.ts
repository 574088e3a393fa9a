import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { hash } from "../hash/hash.ts";
import { encodePrivateKey, encodePublicKey } from "../keys/key-encodings.ts";
import { type CryptoBackend, useCryptoBackend } from "../openssl/crypto-backend.ts";
import { CURVES, type Curve, curveOfName, P_256, P_521 } from "./curves.ts";
import { signDigest, verifyDigest } from "./ecdsa-raw.ts";

const BACKENDS: readonly CryptoBackend[] = ["openssl", "portable"];
const MESSAGE = Uint8Array.from({ length: 60 }, (_, index) => index);
const p1363 = { dsaEncoding: "ieee-p1363" } as const;

function pairOn({ opensslName }: Curve) {
  return generateKeyPairSync("ec", {
    namedCurve: opensslName!,
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "der", type: "pkcs8" },
  });
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useCryptoBackend(backend));
  afterAll(() => useCryptoBackend("openssl"));

  test.each(CURVES.filter(ck.isWeierstrass))("$name agrees with node's hash-and-sign", (curve) => {
    const pair = pairOn(curve);
    const publicKey = { key: pair.publicKey, format: "der", type: "spki", ...p1363 } as const;
    const privateKey = { key: pair.privateKey, format: "der", type: "pkcs8", ...p1363 } as const;
    for (const name of ["sha1", "sha512"] as const) {
      const digest = hash(name, MESSAGE);
      const signature = signDigest(curve, pair.privateKey, digest);
      expect(signature.length).toBe(2 * curve.orderBytes);
      expect(verify(name, MESSAGE, publicKey, signature)).toBe(true);
      expect(verifyDigest(curve, pair.publicKey, digest, sign(name, MESSAGE, privateKey))).toBe(true);
      expect(verifyDigest(curve, pair.publicKey, hash(name, digest), signature)).toBe(false);
    }
  });

  test.each([0, 1, 11, 28, 31, 32, 33, 64, 65, 66, 67, 512])("digests of %i bytes", (length) => {
    const digest = new Uint8Array(randomBytes(length));
    for (const curve of [P_256, P_521]) {
      const { privateKey, publicKey } = pairOn(curve);
      const signature = signDigest(curve, privateKey, digest);
      expect(verifyDigest(curve, publicKey, digest, signature)).toBe(true);
      // Only the leftmost bits are used: later bits make no difference.
      expect(verifyDigest(curve, publicKey, Uint8Array.of(...digest, 1), signature)).toBe(length >= curve.orderBytes);
      if (length > 0) expect(verifyDigest(curve, publicKey, digest.with(0, digest[0]! ^ 0x80), signature)).toBe(false);
      useCryptoBackend(backend === "openssl" ? "portable" : "openssl");
      expect(verifyDigest(curve, publicKey, digest, signature)).toBe(true);
      useCryptoBackend(backend);
    }
  });

  test("wrong lengths and numbers out of range do not verify", () => {
    const { privateKey, publicKey } = pairOn(P_256);
    const digest = hash("sha256", MESSAGE);
    const signature = signDigest(P_256, privateKey, digest);
    const order = hex(P_256.order.toString(16));
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    const wrong: readonly (readonly [Uint8Array, Uint8Array])[] = [
      [new Uint8Array(32), s],
      [r, new Uint8Array(32)],
      [order, s],
      [r, order],
      [r, new Uint8Array(32).fill(0xff)],
      [r, s.subarray(1)],
      [r, new Uint8Array([0, ...s])],
      [new Uint8Array(0), new Uint8Array(0)],
    ];
    for (const [first, second] of wrong) {
      expect(verifyDigest(P_256, publicKey, digest, new Uint8Array([...first, ...second]))).toBe(false);
    }
    expect(verifyDigest(P_256, publicKey, digest, signature)).toBe(true);
  });

  test("keys of another kind are refused", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const foreign = new Uint8Array(privateKey.export({ format: "der", type: "pkcs8" }));
    for (const der of [foreign, new Uint8Array(48), new Uint8Array(0)]) {
      expect(() => signDigest(P_256, der, MESSAGE)).toThrow();
      expect(() => verifyDigest(P_256, der, MESSAGE, new Uint8Array(64))).toThrow();
    }
  });

  interface Case {
    readonly name: string;
    readonly curve: string;
    readonly privateKey: string;
    readonly publicKey: string;
    readonly digest: string;
    readonly signature: string;
    readonly result: string;
  }
  describeVectors<{ cases: readonly Case[] }>("ep11/ecdsa.json", ({ cases }) => {
    test.each(cases)("$name", (each) => {
      const curve = curveOfName(each.curve)!;
      const [digest, point] = [hex(each.digest), hex(each.publicKey)];
      const publicKey = encodePublicKey({ type: "ec", curve, point });
      expect(verifyDigest(curve, publicKey, digest, hex(each.signature))).toBe(each.result === "valid");
      if (each.privateKey === undefined) return;
      const privateKey = encodePrivateKey({ type: "ec", curve, privateValue: hex(each.privateKey), point });
      expect(verifyDigest(curve, publicKey, digest, signDigest(curve, privateKey, digest))).toBe(true);
    });
  });

  interface Group {
    readonly publicKey: { readonly curve: string; readonly uncompressed: string };
    readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[];
  }
  describe.each([
    ["secp256r1", "sha256"],
    ["secp384r1", "sha384"],
    ["brainpoolP256r1", "sha256"],
  ] as const)("%s", (curveName, hashName) => {
    const file = `wycheproof/ecdsa_${curveName}_${hashName}_p1363_test.json`;
    describeVectors<{ testGroups: readonly Group[] }>(file, ({ testGroups }) => {
      test("all cases", () => {
        const curve = curveOfName({ secp256r1: "P-256", secp384r1: "P-384" }[curveName as string] ?? curveName)!;
        for (const { publicKey: key, tests } of testGroups) {
          const publicKey = encodePublicKey({ type: "ec", curve, point: hex(key.uncompressed) });
          for (const { tcId, msg, sig, result } of tests.slice(0, backend === "portable" ? 5 : undefined)) {
            const valid = verifyDigest(curve, publicKey, hash(hashName, hex(msg)), hex(sig));
            expect([tcId, valid]).toEqual([tcId, result === "valid"]);
          }
        }
      });
    });
  });
});
