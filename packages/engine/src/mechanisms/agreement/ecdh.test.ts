import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import type { KdfName, ReadBy } from "@grep11/mechanisms";
import { describe, expect, test } from "vitest";
import { ckr, privateKey, publicKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { type Curve, curveOfName, ED25519, P_256, P_384, P_521, X448, X25519 } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import { deriveX963 } from "../../primitives/kdf/kdf-x963.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { ecdh1, x448, x25519 } from "./ecdh.ts";

const NONE = new Uint8Array(0);
const random = (length: number) => new Uint8Array(length);

function privateOn(curve: Curve, privateValue: Uint8Array) {
  const point = publicPoint(curve, privateValue);
  return privateKey(ck.CKK_EC, encodePrivateKey({ type: "ec", curve, privateValue, point }));
}

function familyOf(curve: Curve) {
  return curve === X25519 ? x25519 : curve === X448 ? x448 : ecdh1;
}

function generic(length?: number): ck.Template {
  const template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET]]);
  return length === undefined ? template : template.set(ck.CKA_VALUE_LEN, length);
}

function derive(
  curve: Curve,
  privateValue: Uint8Array,
  parameter: Partial<ReadBy<typeof ck.CKM_ECDH1_DERIVE>>,
  template = generic(),
) {
  const complete = { kdf: "null", sharedData: NONE, publicData: NONE, ...parameter } as const;
  const input = { template, data: NONE, parameterKeys: [] };
  return familyOf(curve).derive!(privateOn(curve, privateValue), complete, input, random).key;
}

interface Case {
  readonly name: string;
  readonly curve?: string;
  readonly privateKey: string;
  readonly peerPublicKey: string;
  readonly kdf: string;
  readonly sharedInfo: string;
  readonly sharedSecret: string;
  readonly length: number;
  readonly derivedKey: string;
}

const KDFS: Readonly<Record<string, KdfName>> = {
  NULL: "null",
  "X9.63-SHA1": "sha1",
  "X9.63-SHA224": "sha224",
  "X9.63-SHA256": "sha256",
  "X9.63-SHA384": "sha384",
  "X9.63-SHA512": "sha512",
};

describeVectors<{ cases: Case[] }>("ep11/ecdh-kdf.json", ({ cases }) => {
  const known = cases.map((vector) => ({ ...vector, kdf: vector.kdf.replace(/SHA-(\d)/, "SHA$1") }));
  const onCurves = known.filter(({ curve, kdf }) => curve !== undefined && kdf in KDFS);

  test.each(onCurves)("$name: shared secret", (vector) => {
    const curve = curveOfName(vector.curve!)!;
    const publicData = hex(vector.peerPublicKey);
    for (const data of [
      publicData,
      der.octetString(publicData),
      encodePublicKey({ type: "ec", curve, point: publicData }),
    ]) {
      expect(derive(curve, hex(vector.privateKey), { publicData: data }).value).toEqual(hex(vector.sharedSecret));
    }
  });

  test.each(onCurves.filter(({ length }) => length <= 256))("$name: $kdf", (vector) => {
    const curve = curveOfName(vector.curve!)!;
    const parameter = {
      kdf: KDFS[vector.kdf]!,
      sharedData: hex(vector.sharedInfo),
      publicData: hex(vector.peerPublicKey),
    };
    const key = derive(curve, hex(vector.privateKey), parameter, generic(vector.length));
    const whole = hex(vector.derivedKey);
    expect(key).toMatchObject({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_GENERIC_SECRET });
    expect(key.value).toEqual(vector.kdf === "NULL" ? hex(vector.sharedSecret).slice(-vector.length) : whole);
  });

  test.each(known.filter(({ curve, kdf }) => curve === undefined && kdf in KDFS))("$name", (vector) => {
    const name = vector.kdf.replace("X9.63-SHA", "sha") as "sha256";
    const derived = deriveX963(name, hex(vector.sharedSecret), hex(vector.sharedInfo), vector.length);
    expect(derived).toEqual(hex(vector.derivedKey));
  });
});

interface MontgomeryCase {
  readonly name: string;
  readonly algorithm: string;
  readonly privateKey: string;
  readonly peerPublicKey: string;
  readonly sharedSecret: string;
  readonly result: "valid" | "invalid";
}

describeVectors<{ cases: MontgomeryCase[] }>("ep11/ed-x-curves.json", ({ cases }) => {
  test.each(cases.filter(({ algorithm }) => algorithm.startsWith("X")))("$name", (vector) => {
    const agree = () =>
      derive(curveOfName(vector.algorithm)!, hex(vector.privateKey), { publicData: hex(vector.peerPublicKey) });
    if (vector.result === "valid") expect(agree().value).toEqual(hex(vector.sharedSecret));
    else expect(agree).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });
});

describe("wycheproof", () => {
  interface Group {
    readonly tests: readonly {
      tcId: number;
      flags: readonly string[];
      public: string;
      private: string;
      shared: string;
      result: string;
    }[];
  }
  /**
   * Test cases with these flags must be refused: compressed points inside an SPKI, malformed DER, curves given by their
   * equation, and shared secrets of zero.
   */
  const REFUSED = ["InvalidAsn", "UnnamedCurve", "ZeroSharedSecret"];
  const files = [
    ["ecdh_secp256r1_test.json", P_256],
    ["ecdh_secp256r1_ecpoint_test.json", P_256],
    ["ecdh_brainpoolP256r1_test.json", curveOfName("brainpoolP256r1")!],
    ["x25519_test.json", X25519],
  ] as const;

  for (const [file, curve] of files) {
    describeVectors<{ testGroups: Group[] }>(`wycheproof/${file}`, ({ testGroups }) => {
      test("every case", () => {
        for (const { tests } of testGroups) {
          for (const vector of tests) {
            const privateValue = hex(vector.private.padStart(64, "0").slice(-64));
            const agree = () => derive(curve, privateValue, { publicData: hex(vector.public) });
            const compressedSpki = vector.flags.includes("CompressedPoint") && vector.public.startsWith("30");
            const refused =
              vector.result === "invalid" || compressedSpki || vector.flags.some((flag) => REFUSED.includes(flag));
            if (refused) expect(agree, `${vector.tcId}`).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
            else expect([vector.tcId, agree().value]).toEqual([vector.tcId, hex(vector.shared)]);
          }
        }
      });
    });
  }
});

describe("what the template asks for", () => {
  const ours = new Uint8Array(32).fill(1);
  const publicData = publicPoint(P_256, new Uint8Array(32).fill(2));
  const whole = derive(P_256, ours, { publicData }).value;

  test("without a KDF the trailing bytes are kept", () => {
    expect(derive(P_256, ours, { publicData }, generic(20)).value).toEqual(whole.slice(12));
    const aes: ck.Template = new Map([
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
      [ck.CKA_VALUE_LEN, 16],
    ]);
    expect(derive(P_256, ours, { publicData }, aes)).toMatchObject({ keyType: ck.CKK_AES, value: whole.slice(16) });
    expect(derive(P_256, ours, { publicData }, new Map([[ck.CKA_KEY_TYPE, ck.CKK_DES3]])).value.length).toBe(24);
  });

  test("a hybrid exchange keeps everything", () => {
    const hybrid = (length?: number) => derive(P_256, ours, { kdf: "hybrid", publicData }, generic(length));
    expect(hybrid(32).value).toEqual(whole);
    expect(hybrid().value).toEqual(whole);
    expect(() => hybrid(31)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    for (const [curve, length] of [
      [P_384, 48],
      [P_521, 66],
      [X25519, 32],
      [X448, 56],
    ] as const) {
      const own = new Uint8Array(curve.privateBytes).fill(1).with(0, 0);
      const parameter = { kdf: "hybrid", publicData: publicPoint(curve, own) } as const;
      expect(derive(curve, own, parameter, generic(length)).value.length).toBe(length);
    }
  });

  test.each([
    ["no key type", new Map(), ck.CKR_TEMPLATE_INCOMPLETE],
    ["AES without a length", new Map([[ck.CKA_KEY_TYPE, ck.CKK_AES]]), ck.CKR_TEMPLATE_INCOMPLETE],
    ["an asymmetric key", new Map([[ck.CKA_KEY_TYPE, ck.CKK_RSA]]), ck.CKR_TEMPLATE_INCONSISTENT],
    ["more than the secret has", generic(33), ck.CKR_TEMPLATE_INCONSISTENT],
    ["more than a secret may have", generic(257), ck.CKR_KEY_SIZE_RANGE],
  ])("%s", (_, template: ck.Template, rv) => {
    expect(() => derive(P_256, ours, { publicData }, template)).toThrow(ckr(rv));
  });

  test("a KDF needs a length, and no KDF takes no shared data", () => {
    expect(() => derive(P_256, ours, { kdf: "sha256", publicData })).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    for (const kdf of ["null", "hybrid"] as const) {
      const parameter = { kdf, sharedData: Uint8Array.of(1), publicData };
      expect(() => derive(P_256, ours, parameter)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });
});

describe("peers and keys refused", () => {
  const ours = new Uint8Array(32).fill(1);
  const point = publicPoint(P_256, ours.with(0, 2));
  const other = publicPoint(P_384, new Uint8Array(48).fill(1));

  test.each([
    ["off the curve", point.with(64, point[64]! ^ 1)],
    ["cut off", point.subarray(0, 64)],
    ["the point at infinity", Uint8Array.of(0)],
    ["of another curve", other],
    ["of another curve, as SPKI", encodePublicKey({ type: "ec", curve: P_384, point: other })],
    ["in hybrid form", point.with(0, 6 | (point[64]! & 1))],
    ["in an OCTET STRING with a trailing byte", Uint8Array.of(...der.octetString(point), 0)],
    ["without a form byte", point.subarray(1)],
  ])("%s", (_, publicData) => {
    expect(() => derive(P_256, ours, { publicData })).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });

  test("the points of low order of X448, canonical or not", () => {
    const p = 2n ** 448n - 2n ** 224n - 1n;
    for (const u of [0n, 1n, p - 1n, p, p + 1n]) {
      const publicData = hex(u.toString(16).padStart(112, "0")).reverse();
      const agree = () => derive(X448, new Uint8Array(56).fill(7), { publicData });
      expect(agree).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });

  test("keys on other curves, and public keys", () => {
    const parameter = { kdf: "null", sharedData: NONE, publicData: point } as const;
    for (const [family, fitting] of [
      [ecdh1, [P_256, P_521]],
      [x25519, [X25519]],
      [x448, [X448]],
    ] as const) {
      for (const curve of [P_256, P_521, X25519, X448, ED25519]) {
        const key = privateOn(curve, new Uint8Array(curve.privateBytes).fill(1).with(0, 0));
        const require = () => family.requireKey!(key, parameter);
        if ((fitting as readonly Curve[]).includes(curve)) expect(require).not.toThrow();
        else expect(require).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
      }
    }
    const pub = publicKey(ck.CKK_EC, encodePublicKey({ type: "ec", curve: P_256, point }));
    expect(() => ecdh1.requireKey!(pub, parameter)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
  });
});
