import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, openedKey, privateKey, publicKey, secretKey } from "../../../test/keys.ts";
import { reader } from "../../../test/parameters.ts";
import { wire } from "../../../test/wire.ts";
import type { Key } from "../../objects/key.ts";
import { type Curve, curveOfName, ED25519, P_256, P_521, SECP256K1, X448, X25519 } from "../../primitives/ec/curves.ts";
import { agreeOnCurve, publicPoint } from "../../primitives/ec/ec-point.ts";
import { hash } from "../../primitives/hash/hash.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { KEY_WRAP_IV, keyUnwrap } from "../../primitives/symmetric/aes-key-wrap.ts";
import type { Family } from "../family.ts";
import { rsaPkcsKeyPairGen } from "../rsa/rsa-keygen.ts";
import { ecdhMontgomeryAesKeyWrap, ecdhWeierstrassAesKeyWrap } from "./ecdh-aes-key-wrap.ts";
import { rsaAesKeyWrap } from "./rsa-aes-key-wrap.ts";

const rsaAes = reader(ck.CKM_RSA_AES_KEY_WRAP);
const ecdhAes = reader(ck.CKM_ECDH_AES_KEY_WRAP);
const random = (length: number) => Uint8Array.from(randomBytes(length));
const target = { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, valueLen: undefined };

function curvePair(curve: Curve): { pub: Key; priv: Key } {
  const privateValue = new Uint8Array(curve.privateBytes).fill(1);
  const point = publicPoint(curve, privateValue);
  return {
    priv: privateKey(ck.CKK_EC, encodePrivateKey({ type: "ec", curve, privateValue, point })),
    pub: publicKey(ck.CKK_EC, encodePublicKey({ type: "ec", curve, point })),
  };
}

const wrappedKeys: readonly Key[] = [
  secretKey(ck.CKK_AES, random(32)),
  secretKey(ck.CKK_AES, random(1)),
  curvePair(P_521).priv,
];

/** Wraps and unwraps every kind of key, then checks that unwrapping refuses a change of any byte and any truncation. */
function roundTrips<P>(family: Family<P>, kek: { pub: Key; priv: Key }, parameter: P): void {
  for (const key of wrappedKeys) {
    const wrapped = family.wrap!(kek.pub, parameter, key, undefined, random);
    expect(family.unwrap!(kek.priv, parameter, wrapped, target, undefined).value).toEqual(key.value);
  }
  const wrapped = family.wrap!(kek.pub, parameter, wrappedKeys[0]!, undefined, random);
  const refusal = expect.objectContaining({ name: "CkError" });
  for (let at = 0; at < wrapped.length; at += 5) {
    const changed = wrapped.map((byte, index) => byte ^ (index === at ? 0x40 : 0));
    expect(() => family.unwrap!(kek.priv, parameter, changed, target, undefined)).toThrow(
      ckr(ck.CKR_WRAPPED_KEY_INVALID),
    );
    expect(() => family.unwrap!(kek.priv, parameter, wrapped.subarray(0, at), target, undefined)).toThrow(refusal);
  }
}

describe("CKM_RSA_AES_KEY_WRAP", () => {
  const pair = rsaPkcsKeyPairGen.generateKeyPair!(undefined, new Map([[ck.CKA_MODULUS_BITS, 1024]]), new Map(), random);
  const kek = { pub: openedKey(pair.publicKey), priv: openedKey(pair.privateKey) };
  const parameter = (bits: number, mgf = ck.CKG_MGF1_SHA256) => rsaAes(wire(bits, ck.CKM_SHA256, mgf, 0));

  test.each([
    [128, ck.CKG_MGF1_SHA256],
    [192, ck.CKG_MGF1_SHA256],
    [256, ck.CKG_MGF1_SHA1],
  ])("with AES-%i and MGF %i", (bits, mgf) => {
    roundTrips(rsaAesKeyWrap, kek, parameter(bits, mgf));
  });

  test("takes the label into account, and the length of the AES key", () => {
    const labelled = rsaAes(wire(256, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 1, Uint8Array.of(7)));
    const wrapped = rsaAesKeyWrap.wrap!(kek.pub, labelled, wrappedKeys[0]!, undefined, random);
    const open = (other: typeof labelled) => () => rsaAesKeyWrap.unwrap!(kek.priv, other, wrapped, target, undefined);
    expect(open(labelled)().value).toEqual(wrappedKeys[0]!.value);
    expect(open(parameter(256))).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
    expect(open({ ...labelled, aesBits: 128 })).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });

  test("refuses keys too short for OAEP, and wrong lengths and parameters", () => {
    const small = rsaPkcsKeyPairGen.generateKeyPair!(
      undefined,
      new Map([[ck.CKA_MODULUS_BITS, 512]]),
      new Map(),
      random,
    );
    const wrap = () =>
      rsaAesKeyWrap.wrap!(openedKey(small.publicKey), parameter(256), wrappedKeys[0]!, undefined, random);
    expect(wrap).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    const open = (length: number) => () =>
      rsaAesKeyWrap.unwrap!(kek.priv, parameter(256), new Uint8Array(length), target, undefined);
    expect(open(127)).toThrow(ckr(ck.CKR_WRAPPED_KEY_LEN_RANGE));
    expect(open(128)).toThrow(ckr(ck.CKR_WRAPPED_KEY_LEN_RANGE));
    expect(open(128 + 17)).toThrow(ckr(ck.CKR_WRAPPED_KEY_LEN_RANGE));
    for (const wrong of [
      undefined,
      wire(),
      wire(100, ck.CKM_SHA256, 0, 0),
      wire(256, 1, 0, 0),
      wire(256, ck.CKM_SHA256, 0),
    ]) {
      expect(() => rsaAes(wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });
});

describe("CKM_ECDH_AES_KEY_WRAP", () => {
  const parameter = (bits: number, kdf: number, shared = new Uint8Array(0)) =>
    ecdhAes(wire(bits, kdf, shared.length, shared));

  test.each([P_256, P_521, SECP256K1, curveOfName("brainpoolP320t1")!])("on $name", (curve) => {
    const kek = curvePair(curve);
    for (const chosen of [
      parameter(256, ck.CKD_NULL),
      parameter(128, ck.CKD_SHA256_KDF, Uint8Array.of(1, 2)),
      parameter(192, ck.CKD_SHA3_256_KDF),
    ]) {
      ecdhWeierstrassAesKeyWrap.requireKey!(kek.pub, chosen);
      roundTrips(ecdhWeierstrassAesKeyWrap, kek, chosen);
    }
  });

  test.each([X25519, X448])("on $name", (curve) => {
    const kek = curvePair(curve);
    const chosen = parameter(256, ck.CKD_SHA256_KDF_SP800, Uint8Array.of(1));
    const wrapped = ecdhMontgomeryAesKeyWrap.wrap!(kek.pub, chosen, wrappedKeys[0]!, undefined, random);
    expect(ecdhMontgomeryAesKeyWrap.unwrap!(kek.priv, chosen, wrapped, target, undefined).value).toEqual(
      wrappedKeys[0]!.value,
    );
    const zero = new Uint8Array(wrapped.length);
    const open = () => ecdhMontgomeryAesKeyWrap.unwrap!(kek.priv, chosen, zero, target, undefined);
    expect(open).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });

  test("is what the standards say: SP 800-56C of the shared secret, RFC 5649 of the key", () => {
    const kek = curvePair(P_256);
    const shared = Uint8Array.of(4, 5, 6);
    const chosen = parameter(256, ck.CKD_SHA256_KDF_SP800, shared);
    const wrapped = ecdhWeierstrassAesKeyWrap.wrap!(kek.pub, chosen, wrappedKeys[0]!, undefined, random);
    const secret = agreeOnCurve(P_256, kek.priv.value, wrapped.subarray(0, 65))!;
    const aesKey = hash("sha256", Uint8Array.from([0, 0, 0, 1, ...secret, ...shared]));
    expect(keyUnwrap("kwp", aesKey, KEY_WRAP_IV.kwp, wrapped.subarray(65))).toEqual(wrappedKeys[0]!.value);
  });

  test("refuses other curves and parameters", () => {
    const usual = parameter(256, ck.CKD_SHA256_KDF);
    expect(() => ecdhWeierstrassAesKeyWrap.requireKey!(curvePair(X25519).pub, usual)).toThrow(
      ckr(ck.CKR_MECHANISM_INVALID),
    );
    expect(() => ecdhMontgomeryAesKeyWrap.requireKey!(curvePair(P_256).pub, usual)).toThrow(
      ckr(ck.CKR_MECHANISM_INVALID),
    );
    expect(() => ecdhMontgomeryAesKeyWrap.requireKey!(curvePair(ED25519).pub, usual)).toThrow(
      ckr(ck.CKR_MECHANISM_INVALID),
    );
    const small = curvePair(curveOfName("P-192")!).pub;
    for (const wrong of [
      parameter(256, ck.CKD_NULL),
      parameter(128, ck.CKD_NULL, Uint8Array.of(1)),
      parameter(192, ck.CKD_IBM_HYBRID_NULL),
    ]) {
      expect(() => ecdhWeierstrassAesKeyWrap.requireKey!(small, wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
    for (const wrong of [
      undefined,
      wire(256, 1),
      wire(129, 1, 0),
      wire(128, 0x77, 0),
      wire(256, 1, 1),
      wire(256, 1, 0, 0),
    ]) {
      expect(() => ecdhAes(wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
    const long = wire(256, 1, 1025, new Uint8Array(1025));
    expect(() => ecdhAes(long)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });
});
