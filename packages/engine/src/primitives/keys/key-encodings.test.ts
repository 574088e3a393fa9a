import { generateKeyPairSync } from "node:crypto";
import { der, EncodingError } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { CURVES, curveOfName, curveOfOid, ED448, ED25519, P_256, X448, X25519 } from "../ec/curves.ts";
import { isOnCurve, publicPoint } from "../ec/ec-point.ts";
import * as keyEncodings from "./key-encodings.ts";
import * as keyObjects from "./key-objects.ts";
import { publicKeyOfPrivate } from "./public-key.ts";

interface EncodedKey {
  readonly name: string;
  readonly curve: string;
  readonly params: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly spki: string;
  readonly pkcs8: string;
}

/** Curves that Node's OpenSSL does not have. */
const WITHOUT_OPENSSL = new Set(["BLS12-381"]);

describeVectors<{ cases: EncodedKey[] }>("ep11/key-encodings.json", ({ cases }) => {
  test.each(cases)("$name", (vector) => {
    const [spki, pkcs8] = [hex(vector.spki), hex(vector.pkcs8)];
    const publicKey = keyEncodings.parsePublicKey(spki);
    const privateKey = keyEncodings.parsePrivateKey(pkcs8);
    const curve = curveOfName(vector.curve)!;
    expect(curve.oid).toEqual(hex(vector.params));
    expect(publicKey).toEqual({ type: "ec", curve, point: hex(vector.publicKey) });
    expect(privateKey).toEqual({
      type: "ec",
      curve,
      privateValue: hex(vector.privateKey),
      point: hex(vector.publicKey),
    });
    expect(keyEncodings.encodePublicKey(publicKey)).toEqual(spki);
    expect(keyEncodings.encodePrivateKey(privateKey)).toEqual(pkcs8);
    expect(keyEncodings.curveOf(spki)).toBe(curve);
    expect(keyEncodings.curveOf(pkcs8)).toBe(curve);
    expect(publicKeyOfPrivate(pkcs8)).toEqual(spki);
    if (WITHOUT_OPENSSL.has(vector.curve)) {
      expect(() => keyObjects.publicKeyObject(spki)).toThrow(EncodingError);
      return;
    }
    expect(publicPoint(curve, hex(vector.privateKey))).toEqual(hex(vector.publicKey));
    expect(isOnCurve(curve, hex(vector.publicKey))).toBe(true);
    expect(keyObjects.privateKeyObject(pkcs8).type).toBe("private");
    expect(keyObjects.publicKeyObject(spki).type).toBe("public");
  });
});

interface IntegerKey {
  readonly name: string;
  readonly kind: string;
  readonly spki?: string;
  readonly pkcs8?: string;
  readonly prime: string;
  readonly publicKey: string;
}

describeVectors<{ cases: IntegerKey[] }>("ep11/dsa-dh.json", ({ cases }) => {
  test.each(cases.filter(({ pkcs8 }) => pkcs8 !== undefined))("$name", (vector) => {
    const [spki, pkcs8] = [hex(vector.spki!), hex(vector.pkcs8!)];
    const publicKey = keyEncodings.parsePublicKey(spki);
    expect(publicKey).toMatchObject({
      type: vector.kind === "DH" ? "dh" : "dsa",
      prime: hex(vector.prime),
      publicValue: hex(vector.publicKey),
    });
    expect(keyEncodings.encodePublicKey(publicKey)).toEqual(spki);
    expect(keyEncodings.encodePrivateKey(keyEncodings.parsePrivateKey(pkcs8))).toEqual(pkcs8);
    expect(publicKeyOfPrivate(pkcs8)).toEqual(spki);
    expect(keyEncodings.curveOf(spki)).toBeUndefined();
  });
});

const RFC_8410 = [X25519, X448, ED25519, ED448];
const IN_DER = {
  publicKeyEncoding: { format: "der", type: "spki" },
  privateKeyEncoding: { format: "der", type: "pkcs8" },
};

describe("what OpenSSL writes", () => {
  test.each([X25519, X448, ED25519, ED448])("$name in RFC 8410 form", (curve) => {
    const pair = generateKeyPairSync(curve.opensslName as "ed25519", IN_DER as never) as unknown as Pair;
    const spki = keyEncodings.encodePublicKey(keyEncodings.parsePublicKey(bytesOf(pair.publicKey)));
    const parsed = keyEncodings.parsePrivateKey(bytesOf(pair.privateKey));
    const point = publicPoint(curve, parsed.type === "ec" ? parsed.privateValue : hex(""));
    const pkcs8 = keyEncodings.encodePrivateKey({ ...parsed, point } as keyEncodings.PrivateKey);
    expect(keyEncodings.curveOf(pair.publicKey)).toBe(curve);
    expect(publicKeyOfPrivate(pkcs8)).toEqual(spki);
    expect(keyObjects.rfcPublicKeyDer(spki)).toEqual(bytesOf(pair.publicKey));
    expect(keyObjects.rfcPrivateKeyDer(pkcs8)).toEqual(bytesOf(pair.privateKey));
  });

  test("RSA", () => {
    const pair = generateKeyPairSync("rsa", { modulusLength: 1024, ...IN_DER } as never) as unknown as Pair;
    expect(keyEncodings.encodePublicKey(keyEncodings.parsePublicKey(bytesOf(pair.publicKey)))).toEqual(
      bytesOf(pair.publicKey),
    );
    expect(keyEncodings.encodePrivateKey(keyEncodings.parsePrivateKey(bytesOf(pair.privateKey)))).toEqual(
      bytesOf(pair.privateKey),
    );
    expect(publicKeyOfPrivate(bytesOf(pair.privateKey))).toEqual(bytesOf(pair.publicKey));
  });

  test.each(CURVES.filter(({ family }) => family === "nist" || family === "brainpool"))("$name", ({ opensslName }) => {
    const pair = generateKeyPairSync("ec", { namedCurve: opensslName, ...IN_DER } as never) as unknown as Pair;
    expect(keyEncodings.encodePublicKey(keyEncodings.parsePublicKey(bytesOf(pair.publicKey)))).toEqual(
      bytesOf(pair.publicKey),
    );
    expect(keyEncodings.encodePrivateKey(keyEncodings.parsePrivateKey(bytesOf(pair.privateKey)))).toEqual(
      bytesOf(pair.privateKey),
    );
    expect(keyObjects.rfcPrivateKeyDer(pair.privateKey)).toBe(pair.privateKey);
  });
});

interface Pair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}

describe("refused", () => {
  const EC = der.oid("1.2.840.10045.2.1");
  const d = new Uint8Array(32).fill(1);
  const point = publicPoint(P_256, d);
  const spki = keyEncodings.encodePublicKey({ type: "ec", curve: P_256, point });
  const pkcs8 = keyEncodings.encodePrivateKey({ type: "ec", curve: P_256, privateValue: d, point });
  const ecPrivate = (...inner: Uint8Array[]) =>
    der.sequence(
      der.smallInteger(0),
      der.sequence(EC, P_256.oid),
      der.octetString(der.sequence(der.smallInteger(1), ...inner)),
    );

  test("trailing bytes and every truncation", () => {
    for (const [parse, bytes] of [
      [keyEncodings.parsePublicKey, spki],
      [keyEncodings.parsePrivateKey, pkcs8],
    ] as const) {
      expect(() => parse(Uint8Array.of(...bytes, 0))).toThrow(EncodingError);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => parse(bytes.subarray(0, length))).toThrow(EncodingError);
      }
    }
  });

  test("curves given by their equation, unknown curves, unknown algorithms", () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1", paramEncoding: "explicit", ...IN_DER } as never);
    const { publicKey, privateKey } = pair as unknown as Pair;
    expect(() => keyEncodings.parsePublicKey(publicKey)).toThrow(EncodingError);
    expect(() => keyEncodings.parsePrivateKey(privateKey)).toThrow(EncodingError);
    expect(() =>
      keyEncodings.parsePublicKey(der.sequence(der.sequence(EC, der.oid("1.3.132.0.1")), der.bitString(point))),
    ).toThrow(EncodingError);
    expect(() =>
      keyEncodings.parsePublicKey(der.sequence(der.sequence(der.oid("1.2.3")), der.bitString(point))),
    ).toThrow(EncodingError);
    expect(() =>
      keyEncodings.parsePublicKey(der.sequence(der.sequence(EC, P_256.oid, P_256.oid), der.bitString(point))),
    ).toThrow(EncodingError);
  });

  test("points and private values of a wrong length or form", () => {
    const withPoint = (bytes: Uint8Array) => der.sequence(der.sequence(EC, P_256.oid), der.bitString(bytes));
    expect(() => keyEncodings.parsePublicKey(withPoint(point.subarray(0, 64)))).toThrow(EncodingError);
    expect(() => keyEncodings.parsePublicKey(withPoint(point.with(0, 6)))).toThrow(EncodingError);
    expect(() => keyEncodings.parsePublicKey(withPoint(Uint8Array.of(2, ...point.subarray(1, 33))))).toThrow(
      EncodingError,
    );
    expect(() =>
      keyEncodings.parsePublicKey(der.sequence(der.sequence(ED25519.oid), der.bitString(d.subarray(1)))),
    ).toThrow(EncodingError);
    expect(() => keyEncodings.parsePrivateKey(ecPrivate(der.octetString(new Uint8Array(33))))).toThrow(EncodingError);
    expect(() => keyEncodings.parsePrivateKey(ecPrivate(der.octetString(new Uint8Array(0))))).toThrow(EncodingError);
  });

  test("an ECPrivateKey that names another curve, or has surplus elements", () => {
    const tagged = (tag: number, content: Uint8Array) => Uint8Array.of(0xa0 | tag, content.length, ...content);
    expect(keyEncodings.parsePrivateKey(ecPrivate(der.octetString(d), tagged(0, P_256.oid)))).toMatchObject({
      curve: P_256,
    });
    expect(() => keyEncodings.parsePrivateKey(ecPrivate(der.octetString(d), tagged(0, X25519.oid)))).toThrow(
      EncodingError,
    );
    expect(() => keyEncodings.parsePrivateKey(ecPrivate(der.octetString(d), der.octetString(d)))).toThrow(
      EncodingError,
    );
  });

  test("a private value without its leading zeros is accepted", () => {
    const short = ecPrivate(der.octetString(Uint8Array.of(5)));
    const key = keyEncodings.parsePrivateKey(short);
    expect(key).toEqual({ type: "ec", curve: P_256, privateValue: new Uint8Array(32).with(31, 5), point: undefined });
    expect(publicKeyOfPrivate(short)).toEqual(
      publicKeyOfPrivate(ecPrivate(der.octetString(new Uint8Array(32).with(31, 5)))),
    );
    expect(() => keyEncodings.encodePrivateKey(key)).toThrow(EncodingError);
  });
});

describe("curves", () => {
  test("are found by all of their names", () => {
    for (const curve of CURVES) {
      expect(curveOfOid(curve.oid)).toBe(curve);
      for (const name of [curve.name, curve.alias ?? curve.name]) expect(curveOfName(name.toUpperCase())).toBe(curve);
    }
    expect(curveOfName("BP-320T")?.name).toBe("brainpoolP320t1");
    expect(curveOfName("P-257")).toBeUndefined();
    expect(curveOfOid(der.oid("1.2.3"))).toBeUndefined();
    expect(RFC_8410.map(({ publicBytes }) => publicBytes)).toEqual([32, 56, 32, 57]);
  });
});

describe("key objects", () => {
  test("are kept as long as the bytes they were made from exist", () => {
    const bytes = new Uint8Array(16);
    expect(keyObjects.secretKeyObject(bytes)).toBe(keyObjects.secretKeyObject(bytes));
    expect(keyObjects.secretKeyObject(bytes)).not.toBe(keyObjects.secretKeyObject(bytes.slice()));
    const key: keyEncodings.PublicKey = { type: "ec", curve: P_256, point: new Uint8Array(65).fill(4) };
    expect(() => keyObjects.publicKeyObject(keyEncodings.encodePublicKey(key))).toThrow(EncodingError);
  });
});
