/** Runs the known answers of RSA: signatures, encryption, decryption with implicit rejection, and X9.31. */
import { createHash } from "node:crypto";
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { type Operation, signing, verification } from "../../src/index.ts";
import { type Fields, hexIn, numberIn, textIn } from "../support/fields.ts";
import { type Hsm, hashOf, once } from "../support/hsm.ts";
import { type AnswerFile, expectAnswer, type KnownAnswer } from "./answers.ts";

function keyFieldsOf(answer: KnownAnswer, named: (name: string) => KnownAnswer): readonly [string, Fields] {
  const owner = "key" in answer ? answer : named(textIn(answer, "keyOf"));
  return [owner.name, owner.key as Fields];
}

/** Returns the mechanism of a case, or undefined if the HSM does not have it. */
function mechanismOf(answer: KnownAnswer): ck.Mechanism | undefined {
  const scheme = textIn(answer, "scheme");
  const hash = typeof answer.hash === "string" && /^SHA-\d+$/.test(answer.hash) ? hashOf(answer.hash) : undefined;
  switch (scheme) {
    case "PKCS1-v1_5":
      return hash && mechanism.rsaPkcsSignature(hash);
    case "PKCS1-v1_5-raw":
    case "PKCS1-v1_5-decrypt":
      return mechanism.rsaPkcs();
    case "PSS":
      if (hash) return mechanism.rsaPssSignature({ hash, saltLength: numberIn(answer, "saltLength") });
      return sha3Pss(textIn(answer, "hash"), numberIn(answer, "saltLength"));
    case "OAEP": {
      const label = hexIn(answer, "label");
      return (
        hash && mechanism.rsaOaep({ hash, mgf: hashOf(textIn(answer, "mgfHash")), ...(label.length > 0 && { label }) })
      );
    }
    case "X9.31":
      return { mechanism: answer.hash === "SHA-1" ? ck.CKM_SHA1_RSA_X9_31 : ck.CKM_RSA_X9_31 };
    default:
      return undefined;
  }
}

const SHA3 = {
  "SHA3-256": [ck.CKM_SHA3_256_RSA_PKCS_PSS, ck.CKM_SHA3_256, ck.CKG_MGF1_SHA3_256],
  "SHA3-512": [ck.CKM_SHA3_512_RSA_PKCS_PSS, ck.CKM_SHA3_512, ck.CKG_MGF1_SHA3_512],
} as const;

function sha3Pss(hash: string, saltByteCount: number): ck.Mechanism {
  const [number, hashMech, mgf] = SHA3[hash as keyof typeof SHA3];
  return { mechanism: number, parameter: { type: "RSAPSSParm", hashMech, mgf, saltByteCount } };
}

/** The identifier that ANS X9.31 appends to a hash, by hash function (ISO/IEC 10118-3). */
const X931_HASH_IDS: Readonly<Record<string, number>> = { "SHA-256": 0x34, "SHA-384": 0x36, "SHA-512": 0x35 };

/**
 * Returns the data to pass to the mechanism. It is the message, or for CKM_RSA_X9_31 the hash of the message followed by the hash
 * identifier.
 */
function dataIn(answer: KnownAnswer): Uint8Array {
  const data = hexIn(answer, "message" in answer ? "message" : "input");
  const hashId = answer.scheme === "X9.31" ? X931_HASH_IDS[textIn(answer, "hash")] : undefined;
  if (hashId === undefined) return data;
  return Uint8Array.of(...createHash(textIn(answer, "hash").replace("-", "")).update(data).digest(), hashId);
}

/** Asserts that a deterministic signature is the one in the file, and that any other signature verifies. */
async function expectSignature(operation: Operation, answer: KnownAnswer, data: Uint8Array): Promise<void> {
  const deterministic = answer.scheme !== "PSS" || answer.saltLength === 0;
  if (deterministic) expect(await operation.single(data)).toEqual(hexIn(answer, "signature"));
}

async function runSignature({ ep11 }: Hsm, answer: KnownAnswer, key: Uint8Array, spki: Uint8Array): Promise<void> {
  const mech = mechanismOf(answer)!;
  const data = dataIn(answer);
  const verifying = verification(ep11, mech, spki, hexIn(answer, "signature"));
  if (answer.result === "invalid") {
    await expect(verifying.single(data)).toThrowRv(ck.CKR_SIGNATURE_INVALID);
    return;
  }
  await expectSignature(signing(ep11, mech, key), answer, data);
  const shape = mech.mechanism === ck.CKM_RSA_PKCS || mech.mechanism === ck.CKM_RSA_X9_31 ? "one-shot" : "multi";
  await expectAnswer(verifying, data, new Uint8Array(0), answer.parts, shape);
}

async function runDecryption({ ep11 }: Hsm, answer: KnownAnswer, key: Uint8Array): Promise<void> {
  const request = { mech: mechanismOf(answer)!, key, ciphered: hexIn(answer, "ciphertext") };
  if (answer.result === "invalid") {
    await expect(ep11.decryptSingle(request)).toThrowRv(ck.CKR_ENCRYPTED_DATA_INVALID);
    return;
  }
  const { plain } = await ep11.decryptSingle(request);
  // The plaintext that is returned for bad padding depends on the HSM, but must be the same every time.
  if (answer.padding === "bad") expect(plain).toEqual((await ep11.decryptSingle(request)).plain);
  else expect(plain).toEqual(hexIn(answer, "plaintext"));
}

/** The known-answer file of RSA. */
export const RSA: AnswerFile = {
  file: "rsa",
  belongs: (answer) => numberIn(answer, "modulusBits") <= 4096 && textIn(answer, "scheme") !== "RAW",
  async run(hsm, answer, named) {
    const [owner, fields] = keyFieldsOf(answer, named);
    const key = once(hsm, owner, async () => (await hsm.importer.privateKey(hexIn(fields, "pkcs8"), ck.CKK_RSA)).key);
    if ("ciphertext" in answer) await runDecryption(hsm, answer, await key);
    else await runSignature(hsm, answer, await key, hexIn(fields, "spki"));
  },
};
