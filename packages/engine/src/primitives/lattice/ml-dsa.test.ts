import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { hash } from "../hash/hash.ts";
import { encodePrivateKey, encodePublicKey } from "../keys/key-encodings.ts";
import { ML_DSA, type MlDsaName } from "./dilithium-parameters.ts";
import { type MlDsaInput, mlDsaSign, mlDsaSignMessage, mlDsaVerify, mlDsaVerifyMessage } from "./ml-dsa.ts";
import { generatePqcKeyPair } from "./pqc-keys.ts";
import { PQC_SETS } from "./pqc-sets.ts";

interface Case {
  readonly name: string;
  readonly kind: "key" | "signature";
  readonly parameterSet: string;
  readonly keyOf?: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly spki?: string;
  readonly context: string;
  readonly prehash?: "SHA-256" | "SHA-512";
  readonly message: string;
  readonly signature: string;
  readonly deterministic?: boolean;
  readonly result: "valid" | "invalid";
}

const ZEROS = new Uint8Array(32);
const HASHES = { "SHA-256": "sha256", "SHA-512": "sha512" } as const;

describeVectors<{ readonly cases: readonly Case[] }>("ep11/ml-dsa.json", ({ cases }) => {
  const byName = new Map(cases.map((each) => [each.name, each]));
  test.each(cases.filter(({ kind }) => kind === "signature"))("$name ($result)", (each) => {
    const name = each.parameterSet.toLowerCase() as MlDsaName;
    const { privateKey, publicKey, spki } = byName.get(each.keyOf ?? each.name)!;
    const [message, context, signature] = [hex(each.message), hex(each.context), hex(each.signature)];
    const prehash = each.prehash && HASHES[each.prehash];
    const input: MlDsaInput = prehash ? { data: hash(prehash, message), context, prehash } : { data: message, context };
    expect(mlDsaVerify(name, hex(publicKey), input, signature)).toBe(each.result === "valid");
    if (each.deterministic === true) expect(mlDsaSign(name, hex(privateKey), input, ZEROS)).toEqual(signature);
    if (prehash !== undefined || spki === undefined) return;
    expect(mlDsaVerifyMessage(hex(spki), message, context, signature)).toBe(each.result === "valid");
  });
});

describe.each(Object.keys(ML_DSA) as MlDsaName[])("%s", (name) => {
  test("OpenSSL and our own arithmetic accept each other's signatures, but only with the right context", () => {
    const set = PQC_SETS.find((each) => each.name === name)!;
    const key = generatePqcKeyPair(set, randomBytes);
    const spki = encodePublicKey({ type: "pqc", set, publicKey: key.publicKey });
    const input = { data: randomBytes(50), context: randomBytes(255) };
    const theirs = mlDsaSignMessage(encodePrivateKey(key), input.data, input.context);
    const ours = mlDsaSign(name, key.privateKey, input, randomBytes(32));
    for (const signature of [theirs, ours]) {
      expect(mlDsaVerify(name, key.publicKey, input, signature)).toBe(true);
      expect(mlDsaVerifyMessage(spki, input.data, input.context, signature)).toBe(true);
      expect(mlDsaVerify(name, key.publicKey, { ...input, context: ZEROS }, signature)).toBe(false);
      expect(mlDsaVerify(name, key.publicKey, { ...input, prehash: "sha256" }, signature)).toBe(false);
    }
  });
});
