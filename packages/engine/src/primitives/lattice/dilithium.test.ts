import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import * as dilithium from "./dilithium.ts";
import { DILITHIUM, type DilithiumName, dilithiumLengths } from "./dilithium-parameters.ts";

interface Case {
  readonly name: string;
  readonly variant: DilithiumName;
  readonly keyOf?: string;
  readonly rho: string;
  readonly seed: string;
  readonly tr: string;
  readonly s1: string;
  readonly s2: string;
  readonly t0: string;
  readonly t1: string;
  readonly message: string;
  readonly signature: string;
  readonly result: "valid" | "invalid";
  readonly deterministic?: boolean;
}

function keyOf({ rho, seed, tr, s1, s2, t0, t1 }: Case): dilithium.DilithiumPrivateKey {
  return { rho: hex(rho), seed: hex(seed), tr: hex(tr), s1: hex(s1), s2: hex(s2), t0: hex(t0), t1: hex(t1) };
}

describeVectors<{ readonly cases: readonly Case[] }>("ep11/dilithium.json", ({ cases }) => {
  const keys = new Map(cases.filter((each) => each.keyOf === undefined).map((each) => [each.name, each]));

  test.each(cases)("$name", (each) => {
    const set = DILITHIUM[each.variant];
    const key = keyOf(keys.get(each.keyOf ?? each.name)!);
    const message = hex(each.message);
    const signature = hex(each.signature);
    expect(dilithium.dilithiumVerify(set, key, message, signature)).toBe(each.result === "valid");
    if (each.deterministic === true) expect(dilithium.dilithiumSign(set, key, message)).toEqual(signature);
  });

  test("an imported key is completed, and refused if any part was changed", () => {
    for (const each of keys.values()) {
      const set = DILITHIUM[each.variant];
      const { t1, ...parts } = keyOf(each);
      expect(dilithium.completeDilithiumKey(set, parts)?.t1).toEqual(t1);
      for (const part of ["rho", "tr", "s1", "s2", "t0"] as const) {
        const changed = parts[part].slice();
        changed[3]! ^= 1;
        expect(dilithium.completeDilithiumKey(set, { ...parts, [part]: changed })).toBeUndefined();
        expect(dilithium.completeDilithiumKey(set, { ...parts, [part]: parts[part].subarray(1) })).toBeUndefined();
      }
      expect(dilithium.completeDilithiumKey(set, { ...parts, t1: new Uint8Array(t1.length) })).toBeUndefined();
    }
  });
});

describe.each(Object.entries(DILITHIUM))("%s", (_, set) => {
  test("generated keys sign and verify; hedged signatures differ", () => {
    const key = dilithium.dilithiumKeyPair(set, randomBytes(32));
    expect(dilithium.completeDilithiumKey(set, key)).toEqual(key);
    const message = randomBytes(100);
    const first = dilithium.dilithiumSign(set, key, message, randomBytes(32));
    const second = dilithium.dilithiumSign(set, key, message, randomBytes(32));
    expect(first).not.toEqual(second);
    expect(first.length).toBe(dilithiumLengths(set).signature);
    for (const signature of [first, second]) expect(dilithium.dilithiumVerify(set, key, message, signature)).toBe(true);
    expect(dilithium.dilithiumVerify(set, key, randomBytes(100), first)).toBe(false);
  });

  test("a change of any part of a signature is detected, and its hints have only one encoding", () => {
    const key = dilithium.dilithiumKeyPair(set, new Uint8Array(32).fill(7));
    const message = Uint8Array.of(1, 2, 3);
    const signature = dilithium.dilithiumSign(set, key, message);
    const step = Math.floor(signature.length / 40);
    for (let at = 0; at < signature.length; at += step) {
      const changed = signature.slice();
      changed[at]! ^= 0x10;
      expect(dilithium.dilithiumVerify(set, key, message, changed)).toBe(false);
    }
    expect(dilithium.dilithiumVerify(set, key, message, signature.subarray(1))).toBe(false);
  });
});
