import { sign as nodeSign, verify as nodeVerify, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { fromBigInt, padLeft, toBigInt } from "@grep11/encoding";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ckr, privateKey, publicKey } from "../../../test/keys.ts";
import { everyCut } from "../../../test/parts.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { parseDsaParameters } from "../../primitives/keys/integer-formats.ts";
import { encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { importPrivateKey } from "../../primitives/keys/key-import.ts";
import { privateKeyObject, publicKeyObject } from "../../primitives/keys/key-objects.ts";
import { publicKeyOfPrivate } from "../../primitives/keys/public-key.ts";
import { type CryptoBackend, useCryptoBackend } from "../../primitives/openssl/crypto-backend.ts";
import { dsa, dsaHash, dsaKeyPairGen, dsaParameterGen } from "./dsa.ts";

const BACKENDS: readonly CryptoBackend[] = ["openssl", "portable"];
const random = (length: number) => new Uint8Array(randomBytes(length));
const NONE: ck.Template = new Map();

interface DsaKey {
  readonly name: string;
  readonly kind: "DSA-key";
  readonly prime: string;
  readonly subprime: string;
  readonly base: string;
  readonly domainParameters: string;
  readonly spki: string;
  readonly pkcs8: string;
}

interface DsaSignature {
  readonly name: string;
  readonly kind: "DSA-signature";
  readonly keyOf: string;
  readonly hash?: string;
  readonly message: string;
  readonly digest: string;
  readonly signature: string;
  readonly result: "valid" | "invalid";
}

describeVectors<{ cases: (DsaKey | DsaSignature)[] }>("ep11/dsa-dh.json", ({ cases }) => {
  const keys = new Map(cases.filter((vector) => vector.kind === "DSA-key").map((key) => [key.name, key]));
  const signatures = cases.filter((vector) => vector.kind === "DSA-signature");
  const [small, large] = ["dsa-1024-160-key", "dsa-2048-256-key"].map((name) => keys.get(name)!);

  describe.each(BACKENDS)("signatures by %s", (backend) => {
    beforeAll(() => useCryptoBackend(backend));
    afterAll(() => useCryptoBackend("openssl"));

    test.each(signatures)("$name", (vector) => {
      const { spki, pkcs8, subprime } = keys.get(vector.keyOf)!;
      const pub = publicKey(ck.CKK_DSA, hex(spki));
      const [digest, signature] = [hex(vector.digest), hex(vector.signature)];
      if (vector.signature.length !== 2 * subprime.length) {
        expect(() => dsa.verify!(pub, undefined, digest, signature)).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
        return;
      }
      expect(dsa.verify!(pub, undefined, digest, signature)).toBe(vector.result === "valid");
      const own = dsa.sign!(privateKey(ck.CKK_DSA, hex(pkcs8)), undefined, digest, random);
      expect(own.length).toBe(signature.length);
      expect(dsa.verify!(pub, undefined, digest, own)).toBe(true);
      expect(dsa.verify!(pub, undefined, digest.with(0, digest[0]! ^ 1), own)).toBe(false);
      if (vector.hash === undefined) return;
      const family = dsaHash(vector.hash.toLowerCase().replace("sha-", "sha") as ck.HashName);
      expect(family.verify!(pub, undefined, hex(vector.message), signature)).toBe(vector.result === "valid");
    });

    test("agree with node's hash-and-sign, at every cut", () => {
      const [priv, pub] = [privateKey(ck.CKK_DSA, hex(large!.pkcs8)), publicKey(ck.CKK_DSA, hex(large!.spki))];
      const family = dsaHash("sha1");
      const message = random(12);
      const p1363 = { dsaEncoding: "ieee-p1363" } as const;
      const theirs = nodeSign("sha1", message, { key: privateKeyObject(priv.value), ...p1363 });
      expect(family.verify!(pub, undefined, message, theirs)).toBe(true);
      for (const parts of everyCut(message)) {
        let runningState = family.signatureInit!(priv, undefined);
        for (const part of parts) runningState = family.signatureUpdate!(priv, undefined, runningState.slice(), part);
        const own = family.signFinal!(priv, undefined, runningState, random);
        expect(family.verifyFinal!(pub, undefined, runningState, own)).toBe(true);
        expect(nodeVerify("sha1", message, { key: publicKeyObject(pub.value), ...p1363 }, own)).toBe(true);
      }
    });
  });

  describe("key pairs", () => {
    const numbers = [hex(small!.prime), hex(small!.subprime), hex(small!.base)] as const;
    const generate = (template: ck.Template) => dsaKeyPairGen.generateKeyPair!(undefined, template, NONE, random);
    const structured = (parameters: Uint8Array): ck.Template => new Map([[ck.CKA_IBM_STRUCT_PARAMS, parameters]]);
    const separate = (): Map<number, Uint8Array> =>
      new Map([
        [ck.CKA_PRIME, numbers[0]],
        [ck.CKA_SUBPRIME, numbers[1]],
        [ck.CKA_BASE, numbers[2]],
      ]);

    test.each([
      ["a SEQUENCE", structured(hex(small!.domainParameters))],
      ["concatenated numbers", structured(Uint8Array.from(numbers.flatMap((n) => [...padLeft(n, 128)])))],
      ["single attributes", separate()],
      ["single attributes with leading zeros", separate().set(ck.CKA_PRIME, Uint8Array.of(0, ...numbers[0]))],
    ])("from %s", (_, template: ck.Template) => {
      const pair = generate(template);
      expect(pair.publicKey).toMatchObject({ objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_DSA });
      expect(pair.privateKey).toMatchObject({ objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_DSA });
      expect(publicKeyOfPrivate(pair.privateKey.value)).toEqual(pair.publicKey.value);
      expect(importPrivateKey(pair.privateKey.value)).toMatchObject({ prime: numbers[0], base: numbers[2] });
      expect(generate(template).privateKey.value).not.toEqual(pair.privateKey.value);
    });

    const p = toBigInt(numbers[0]);
    test.each([
      ["nothing", NONE, ck.CKR_TEMPLATE_INCOMPLETE],
      ["no base", new Map([...separate()].slice(0, 2)), ck.CKR_TEMPLATE_INCOMPLETE],
      ["a SEQUENCE cut off", structured(hex(small!.domainParameters).subarray(0, 100)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["a length no three numbers have", structured(new Uint8Array(100).fill(0xff)), ck.CKR_DOMAIN_PARAMS_INVALID],
      [
        "sizes that do not belong together",
        separate().set(ck.CKA_SUBPRIME, numbers[1].subarray(1)),
        ck.CKR_KEY_SIZE_RANGE,
      ],
      ["a base of another order", separate().set(ck.CKA_BASE, Uint8Array.of(2)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["a base of order 1", separate().set(ck.CKA_BASE, Uint8Array.of(1)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["a p that is not prime", separate().set(ck.CKA_PRIME, fromBigInt(p + 2n)), ck.CKR_DOMAIN_PARAMS_INVALID],
    ])("refused: %s", (_, template: ck.Template, rv) => {
      expect(() => generate(template)).toThrow(ckr(rv));
    });
  });

  test("no data, and public keys of sizes that DSA does not have", () => {
    const [priv, pub] = [privateKey(ck.CKK_DSA, hex(small!.pkcs8)), publicKey(ck.CKK_DSA, hex(small!.spki))];
    const none = new Uint8Array(0);
    expect(() => dsa.sign!(priv, undefined, none, random)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(() => dsa.verify!(pub, undefined, none, new Uint8Array(40))).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    const [prime, subprime, base] = [101n, 5n, 95n].map((number) => fromBigInt(number));
    const odd = { type: "dsa", prime: prime!, subprime: subprime!, base: base!, publicValue: base! } as const;
    const key = publicKey(ck.CKK_DSA, encodePublicKey(odd));
    const verify = () => dsa.verify!(key, undefined, base!, new Uint8Array(2));
    expect(verify).toThrow(ckr(ck.CKR_PUBLIC_KEY_INVALID));
  });
});

interface Group {
  readonly publicKeyDer: string;
  readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[];
}

describeVectors<{ testGroups: Group[] }>("wycheproof/dsa_2048_256_sha256_p1363_test.json", ({ testGroups }) => {
  test.each(BACKENDS)("every case by %s", (backend) => {
    useCryptoBackend(backend);
    const family = dsaHash("sha256");
    for (const { publicKeyDer, tests } of testGroups) {
      const pub = publicKey(ck.CKK_DSA, hex(publicKeyDer));
      for (const { tcId, msg, sig, result } of tests) {
        const verify = () => family.verify!(pub, undefined, hex(msg), hex(sig));
        if (sig.length === 128) expect([tcId, verify()]).toEqual([tcId, result === "valid"]);
        else expect(verify).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
      }
    }
    useCryptoBackend("openssl");
  });
});

describe("parameters", () => {
  const bits = (prime?: number, subprime?: number): ck.Template =>
    new Map(
      [
        [ck.CKA_PRIME_BITS, prime],
        [ck.CKA_SUBPRIME_BITS, subprime],
      ].filter((entry): entry is [number, number] => entry[1] !== undefined),
    );
  const generate = (template: ck.Template) => dsaParameterGen.generateKey!(undefined, template, random);

  test("are new each time and can be used for key pairs", () => {
    const made = generate(bits(1024));
    expect(made).toMatchObject({ objectClass: ck.CKO_DOMAIN_PARAMETERS, keyType: ck.CKK_DSA });
    const { prime, subprime } = parseDsaParameters(made.value);
    expect([prime.length, subprime.length]).toEqual([128, 20]);
    expect(generate(bits(1024, 160)).value).not.toEqual(made.value);
    const template: ck.Template = new Map([[ck.CKA_IBM_STRUCT_PARAMS, made.value]]);
    const pair = dsaKeyPairGen.generateKeyPair!(undefined, template, NONE, random);
    const signature = dsa.sign!(privateKey(ck.CKK_DSA, pair.privateKey.value), undefined, prime, random);
    expect(dsa.verify!(publicKey(ck.CKK_DSA, pair.publicKey.value), undefined, prime, signature)).toBe(true);
  });

  test.each([
    [bits(), ck.CKR_TEMPLATE_INCOMPLETE],
    [bits(512), ck.CKR_KEY_SIZE_RANGE],
    [bits(1024, 256), ck.CKR_KEY_SIZE_RANGE],
    [bits(3072, 224), ck.CKR_KEY_SIZE_RANGE],
    [bits(4096), ck.CKR_KEY_SIZE_RANGE],
  ])("refused %#", (template, rv) => {
    expect(() => generate(template)).toThrow(ckr(rv));
  });
});
