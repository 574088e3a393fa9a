import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { counting, reader, refuses, wire } from "../testing/parameters.ts";

const ecdh1 = reader(ck.CKM_ECDH1_DERIVE);
const NONE = new Uint8Array(0);

describe("ECDH1DeriveParm", () => {
  const publicData = counting(65, 4);
  const sharedData = counting(5);

  test("structure and wire form agree", () => {
    const kdfs = [
      [ck.CKD_NULL, "null"],
      [ck.CKD_SHA256_KDF, "sha256"],
      [ck.CKD_IBM_HYBRID_NULL, "hybrid"],
    ] as const;
    for (const [kdf, name] of kdfs) {
      for (const shared of [sharedData, NONE]) {
        const expected = { kdf: name, sharedData: shared, publicData };
        expect(ecdh1({ type: "ECDH1DeriveParm", kdf, sharedData: shared, publicData })).toEqual(expected);
        expect(ecdh1(wire(kdf, shared.length, publicData.length, shared, publicData))).toEqual(expected);
      }
    }
  });

  test("anything else is the peer's bare public value", () => {
    const short = wire(ck.CKD_NULL, 0, publicData.length + 1, publicData);
    for (const bare of [publicData, counting(12), new Uint8Array(32), new Uint8Array(56), short]) {
      expect(ecdh1(bare)).toEqual({ kdf: "null", sharedData: NONE, publicData: bare });
    }
  });

  test("what is absent or too long is refused", () => {
    const long = new Uint8Array(1025);
    const parameters = [
      undefined,
      NONE,
      long,
      wire(ck.CKD_NULL, 0, 0),
      wire(ck.CKD_NULL, 1, 0, Uint8Array.of(1)),
      wire(ck.CKD_NULL, 20, 0, new Uint8Array(20)),
      wire(ck.CKD_SHA256_KDF, long.length, publicData.length, long, publicData),
      { type: "ECDH1DeriveParm", kdf: ck.CKD_NULL, sharedData, publicData: NONE } as const,
      ...[0, 3, 9, ck.CKD_IBM_HYBRID_SHA1_KDF].map((kdf) => wire(kdf, 0, publicData.length, publicData)),
    ];
    refuses(ecdh1, ...parameters);
  });
});
