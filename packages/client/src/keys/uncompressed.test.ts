/**
 * Compares converted keys with OpenSSL's encoding of the same key, which has an uncompressed point on a named curve.
 */
import { createPrivateKey, createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, der } from "@grep11/encoding";
import { describe, expect, it } from "vitest";
import { ecParams } from "./curves.ts";
import { publicPointOf } from "./public-key.ts";
import { uncompressedPkcs8, uncompressedPoint, uncompressedSpki } from "./uncompressed.ts";

const spki = { format: "der", type: "spki" } as const;
const pkcs8 = { format: "der", type: "pkcs8" } as const;
const bytes = (buffer: Buffer) => new Uint8Array(buffer);

const CURVES: readonly [ck.CurveName, string][] = [
  ["P-192", "prime192v1"],
  ["P-224", "secp224r1"],
  ["P-256", "prime256v1"],
  ["P-384", "secp384r1"],
  ["P-521", "secp521r1"],
  ["secp256k1", "secp256k1"],
  ["brainpoolP256r1", "brainpoolP256r1"],
  ["brainpoolP512t1", "brainpoolP512t1"],
];

function bitString(point: Uint8Array): Uint8Array {
  return der.bitString(point);
}

function algorithm(parameters: Uint8Array): Uint8Array {
  return der.sequence(der.oid("1.2.840.10045.2.1"), parameters);
}

/** Returns the private key `key` in PKCS #8, with `point` as the public key inside it. */
function pkcs8With(key: KeyObject, parameters: Uint8Array, point: Uint8Array): Uint8Array {
  const sec1 = bytes(key.export({ format: "der", type: "sec1" }));
  const scalarLength = sec1[sec1.indexOf(0x04, 3) + 1]!;
  const scalar = sec1.subarray(sec1.indexOf(0x04, 3) + 2).subarray(0, scalarLength);
  const inner = der.sequence(der.integer(Uint8Array.of(1)), der.octetString(scalar), der.explicit(1, bitString(point)));
  const version = der.integer(Uint8Array.of(0));
  return der.sequence(version, algorithm(parameters), der.octetString(inner));
}

describe.each(CURVES)("a key on %s", (curve, name) => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: name });
  const [publicDer, privateDer] = [bytes(publicKey.export(spki)), bytes(privateKey.export(pkcs8))];
  const point = publicPointOf(publicDer);

  it.each(["compressed", "hybrid"] as const)("gets its %s point uncompressed", (form) => {
    const short = bytes(ECDH.convertKey(point, name, undefined, undefined, form) as Buffer);
    expect(uncompressedPoint(short, curve)).toEqual(point);
    const written = der.sequence(algorithm(ecParams(curve)), bitString(short));
    expect(uncompressedSpki(written)).toEqual(publicDer);
    expect(uncompressedPkcs8(pkcs8With(privateKey, ecParams(curve), short))).toEqual(privateDer);
  });

  it("is unchanged if its point is uncompressed", () => {
    expect(uncompressedSpki(publicDer)).toEqual(publicDer);
    expect(uncompressedPkcs8(privateDer)).toEqual(privateDer);
    expect(createPublicKey(createPrivateKey({ key: Buffer.from(privateDer), ...pkcs8 })).equals(publicKey)).toBe(true);
  });

  it("gets its curve by name instead of parameters", () => {
    const parameters = der.sequence(der.integer(Uint8Array.of(1)));
    const written = der.sequence(algorithm(parameters), bitString(point));
    expect(uncompressedSpki(written)).toEqual(written);
    expect(uncompressedSpki(written, curve)).toEqual(publicDer);
    expect(uncompressedPkcs8(pkcs8With(privateKey, parameters, point), curve)).toEqual(privateDer);
  });

  it("is refused if its point is not on the curve", () => {
    const wrong = concatenate(Uint8Array.of(2), new Uint8Array((point.length - 1) / 2).fill(0xff));
    expect(() => uncompressedPoint(wrong, curve)).toThrow(expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }));
  });
});

it.each(["ed25519", "x25519", "ed448", "x448", "rsa"] as const)("does not change %s keys", (type) => {
  const pair = generateKeyPairSync(type as "rsa", { modulusLength: 1024 });
  const [publicDer, privateDer] = [bytes(pair.publicKey.export(spki)), bytes(pair.privateKey.export(pkcs8))];
  expect(uncompressedSpki(publicDer)).toBe(publicDer);
  expect(uncompressedPkcs8(privateDer)).toBe(privateDer);
});

it.each([0x02, 0x03, 0x06])("does not change a Montgomery key in EP11's form that begins with %i", (first) => {
  const written = der.sequence(algorithm(ecParams("X25519")), bitString(new Uint8Array(32).fill(first)));
  expect(uncompressedSpki(written)).toBe(written);
});
