import { createECDH, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { EncodingError, fromBigInt } from "@grep11/encoding";
import { afterEach, describe, expect, test } from "vitest";
import { type CryptoBackend, useCryptoBackend } from "../openssl/crypto-backend.ts";
import { drawBelow } from "../random.ts";
import { CURVES, P_521 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";

const BACKENDS: readonly CryptoBackend[] = ["openssl", "portable"];
const random = (length: number) => new Uint8Array(randomBytes(length));

describe.each(BACKENDS)("the point of a private value, %s", (backend) => {
  afterEach(() => useCryptoBackend("openssl"));

  test.each(CURVES.filter(ck.isWeierstrass))("$name", (curve) => {
    useCryptoBackend(backend);
    const pair = createECDH(curve.opensslName!);
    for (const value of [
      fromBigInt(1n, curve.privateBytes),
      fromBigInt(curve.order - 1n),
      drawBelow(curve.order, random),
    ]) {
      pair.setPrivateKey(value);
      expect(publicPoint(curve, value)).toEqual(new Uint8Array(pair.getPublicKey()));
    }
    for (const value of [0n, curve.order, curve.order + 1n]) {
      expect(() => publicPoint(curve, fromBigInt(value, curve.privateBytes))).toThrow(EncodingError);
    }
    expect(() => publicPoint(curve, new Uint8Array(curve.privateBytes + 1).fill(1))).toThrow(EncodingError);
  });

  test("may lack its leading zeros", () => {
    useCryptoBackend(backend);
    expect(publicPoint(P_521, Uint8Array.of(7))).toEqual(publicPoint(P_521, fromBigInt(7n, P_521.privateBytes)));
  });
});
