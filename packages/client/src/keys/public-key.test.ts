import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, der } from "@grep11/encoding";
import { describe, expect, it } from "vitest";
import { curveOf, ecParams } from "./curves.ts";
import { ecdsaFromDer, ecdsaToDer } from "./ecdsa-signature.ts";
import {
  curveOfPublicKey,
  dhPublicValueOf,
  interoperablePkcs8,
  interoperableSpki,
  publicPointOf,
  spkiOf,
} from "./public-key.ts";

const spki = { format: "der", type: "spki" } as const;
const pkcs8 = { format: "der", type: "pkcs8" } as const;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("curves", () => {
  it("encodes the known OBJECT IDENTIFIERs and decodes them", () => {
    expect(hex(ecParams("P-256"))).toBe("06082a8648ce3d030107");
    expect(hex(ecParams("secp256k1"))).toBe("06052b8104000a");
    expect(hex(ecParams("brainpoolP512t1"))).toBe("06092b240303020801010e");
    expect(hex(ecParams("Ed25519"))).toBe("06032b6570");
    for (const name of ck.curveNames) expect(curveOf(ecParams(name))).toBe(name);
    expect(curveOf(der.oid("1.2.3"))).toBeUndefined();
  });
});

describe("public keys", () => {
  it("finds the SPKI before a MAC, and its point and curve", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
    const encoded = new Uint8Array(publicKey.export(spki));
    const blob = concatenate(encoded, der.octetString(new Uint8Array(16)));
    expect(spkiOf(blob)).toEqual(encoded);
    expect(publicPointOf(blob)).toEqual(encoded.subarray(-97));
    expect(curveOfPublicKey(blob)).toBe("P-384");
  });

  it("reads the public value of a Diffie-Hellman key", () => {
    const y = Uint8Array.of(1, 2, 3, 4);
    const bits = der.bitString(der.integer(y));
    expect(dhPublicValueOf(der.sequence(der.sequence(der.oid("1.2.840.113549.1.3.1")), bits))).toEqual(y);
  });

  it.each([
    new Uint8Array(0),
    Uint8Array.of(0x30),
    Uint8Array.of(0x30, 0x80, 0, 0),
    Uint8Array.of(0x30, 3, 1),
    Uint8Array.of(4, 0),
  ])("refuses anything but an SPKI", (bytes) => {
    expect(() => spkiOf(bytes)).toThrow(expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }));
  });

  it.each(["Ed25519", "X25519", "Ed448", "X448"] as const)("converts EP11's %s keys to RFC 8410", (curve) => {
    const pair =
      curve === "Ed25519"
        ? generateKeyPairSync("ed25519")
        : curve === "Ed448"
          ? generateKeyPairSync("ed448")
          : curve === "X25519"
            ? generateKeyPairSync("x25519")
            : generateKeyPairSync("x448");
    const standard = new Uint8Array(pair.publicKey.export(spki));
    const point = publicPointOf(standard);
    const ecPublicKey = der.oid("1.2.840.10045.2.1");
    const algorithm = der.sequence(ecPublicKey, ecParams(curve));
    const bits = der.bitString(point);
    expect(curveOfPublicKey(standard)).toBe(curve);
    expect(curveOfPublicKey(der.sequence(algorithm, bits))).toBe(curve);
    expect(interoperableSpki(der.sequence(algorithm, bits))).toEqual(standard);
    expect(interoperableSpki(standard)).toBe(standard);

    const standardPrivate = new Uint8Array(pair.privateKey.export(pkcs8));
    const scalar = standardPrivate.subarray(-point.length);
    const inner = der.sequence(der.integer(Uint8Array.of(1)), der.octetString(scalar), der.explicit(1, bits));
    const version = der.integer(Uint8Array.of(0));
    const ep11 = der.sequence(version, algorithm, der.octetString(inner));
    expect(interoperablePkcs8(ep11)).toEqual(standardPrivate);
    expect(
      createPublicKey(createPrivateKey({ key: Buffer.from(interoperablePkcs8(ep11)), ...pkcs8 })).export(spki),
    ).toEqual(pair.publicKey.export(spki));
  });

  it("does not change other private keys", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const encoded = new Uint8Array(privateKey.export(pkcs8));
    expect(interoperablePkcs8(encoded)).toBe(encoded);
  });
});

describe("ECDSA signatures", () => {
  it("convert OpenSSL's DER to raw and back", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp521r1" });
    for (let i = 0; i < 20; i++) {
      const data = Buffer.from([i]);
      const encoded = new Uint8Array(sign("sha256", data, privateKey));
      const raw = ecdsaFromDer(encoded, 66);
      expect(raw.length).toBe(132);
      expect(verify("sha256", data, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)).toBe(true);
      expect(ecdsaToDer(raw)).toEqual(encoded);
    }
  });

  it("refuses anything but a signature", () => {
    const bad = [new Uint8Array(3), Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 6, 2, 1, 0x80, 2, 1, 1)];
    for (const encoded of bad)
      expect(() => ecdsaFromDer(encoded, 32)).toThrow(expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }));
    expect(() => ecdsaToDer(new Uint8Array(63))).toThrow(expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }));
  });
});
