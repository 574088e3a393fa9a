/** Runs the known answers of Dilithium, Kyber, ML-DSA and ML-KEM. */
import { mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { expect } from "vitest";
import { signing, verification } from "../../src/index.ts";
import { hexIn, textIn } from "../support/fields.ts";
import { type Hsm, once, type PQC_OIDS, pqcPkcs8, pqcSpki } from "../support/hsm.ts";
import { type AnswerFile, expectAnswer, type KnownAnswer } from "./answers.ts";

type Named = (name: string) => KnownAnswer;
const NOTHING = new Uint8Array(0);
const REFUSALS = [ck.CKR_SIGNATURE_INVALID, ck.CKR_SIGNATURE_LEN_RANGE];
const ownerOf = (answer: KnownAnswer, named: Named) => ("keyOf" in answer ? named(textIn(answer, "keyOf")) : answer);
const setOf = (answer: KnownAnswer) => textIn(answer, "parameterSet") as keyof typeof PQC_OIDS;

/**
 * Imports the private key of `owner` and returns it. The key can have any PKCS #8 form. Each key is imported only once.
 */
function privateKeyOf(hsm: Hsm, owner: KnownAnswer, keyType: number): Promise<Uint8Array> {
  const form = ["pkcs8", "pkcs8Both", "pkcs8Seed", "pkcs8Expanded"].find((name) => name in owner);
  const pkcs8 = form ? hexIn(owner, form) : pqcPkcs8(setOf(owner), "expanded", hexIn(owner, "privateKey"));
  return once(hsm, owner.name, async () => (await hsm.importer.privateKey(pkcs8, keyType)).key);
}

/**
 * Checks that all forms of a private key can be imported and give the same key, and that its public key is the one in the file.
 */
async function expectEncodings({ importer }: Hsm, answer: KnownAnswer, keyType: number): Promise<void> {
  for (const form of ["pkcs8", "pkcs8Seed", "pkcs8Expanded", "pkcs8Both"]) {
    if (!(form in answer)) continue;
    const { key, checkSum } = await importer.privateKey(hexIn(answer, form), keyType);
    expect(spkiOf(checkSum), form).toEqual(hexIn(answer, "spki"));
    // An exported key can be imported again and is the same key.
    const again = await importer.privateKey(await importer.export(key), keyType);
    expect(spkiOf(again.checkSum), form).toEqual(hexIn(answer, "spki"));
  }
  expect(spkiOf(await importer.publicKey(hexIn(answer, "spki")))).toEqual(hexIn(answer, "spki"));
}

const dilithium: AnswerFile = {
  file: "dilithium",
  belongs: () => true,
  async run(hsm, answer, named) {
    const { ep11 } = hsm;
    const owner = ownerOf(answer, named);
    const mech = mechanism.dilithium();
    const data = hexIn(answer, "message");
    const pubKey = hexIn(owner, "spki");
    const verifying = verification(ep11, mech, pubKey, hexIn(answer, "signature"));
    if (answer.result === "invalid") {
      await expect(verifying.single(data)).toThrowRv(...REFUSALS);
      return;
    }
    await expectAnswer(verifying, data, NOTHING, undefined, "one-shot");
    if (owner === answer) await expectEncodings(hsm, answer, ck.CKK_IBM_PQC_DILITHIUM);
    // The HSM signs with randomness, so this signature is only verified. The engine's unit tests compare the deterministic
    // signatures in the file.
    const key = await privateKeyOf(hsm, owner, ck.CKK_IBM_PQC_DILITHIUM);
    const own = await signing(ep11, mech, key).single(data);
    await verification(ep11, mech, pubKey, own).single(data);
  },
};

const PREHASHES: Readonly<Record<string, number>> = {
  "SHA-256": ck.CKM_HASH_ML_DSA_SHA256,
  "SHA-512": ck.CKM_HASH_ML_DSA_SHA512,
  "SHA3-256": ck.CKM_HASH_ML_DSA_SHA3_256,
  "SHAKE-128": ck.CKM_HASH_ML_DSA_SHAKE128,
  "SHAKE-256": ck.CKM_HASH_ML_DSA_SHAKE256,
};

/**
 * Returns the deterministic mechanisms for a case: those with IBM's number and with the standard number, or one that signs a
 * hash.
 */
function mlDsaMechanisms(answer: KnownAnswer): ck.Mechanism[] {
  const context = hexIn(answer, "context");
  const parameter = wireForm([ck.CKH_DETERMINISTIC_REQUIRED, context.length], context);
  if (answer.prehash === undefined) {
    return [mechanism.mlDsa({ context, deterministic: true }), { mechanism: ck.CKM_ML_DSA, parameter }];
  }
  return [{ mechanism: PREHASHES[textIn(answer, "prehash")]!, parameter }];
}

const mlDsa: AnswerFile = {
  file: "ml-dsa",
  belongs: () => true,
  async run(hsm, answer, named) {
    if (answer.kind === "key") return expectEncodings(hsm, answer, ck.CKK_IBM_ML_DSA);
    const owner = ownerOf(answer, named);
    const pubKey = pqcSpki(setOf(owner), hexIn(owner, "publicKey"));
    const data = hexIn(answer, "message");
    for (const mech of mlDsaMechanisms(answer)) {
      const verifying = verification(
        hsm.ep11,
        mech,
        "spki" in owner ? hexIn(owner, "spki") : pubKey,
        hexIn(answer, "signature"),
      );
      if (answer.result === "invalid") {
        await expect(verifying.single(data)).toThrowRv(...REFUSALS);
        continue;
      }
      await verifying.single(data);
      const key = await privateKeyOf(hsm, owner, ck.CKK_IBM_ML_DSA);
      const signature = await signing(hsm.ep11, mech, key).single(data);
      if (answer.deterministic === true) expect(signature).toEqual(hexIn(answer, "signature"));
    }
  },
};

const SECRET = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: 32 });

/** Checks that decapsulation returns the secret in the file, also for ciphertexts whose randomness the file prescribes. */
async function expectSecret(
  { ep11, importer }: Hsm,
  answer: KnownAnswer,
  kem: "kyber" | "ml-kem",
  baseKey: Uint8Array,
) {
  const mech = mechanism.decapsulate({ kem, ciphertext: hexIn(answer, "ciphertext") });
  const decapsulating = ep11.deriveKey({ mech, baseKey, template: SECRET });
  if (answer.result === "error") {
    await expect(decapsulating).toThrowRv(ck.CKR_ENCRYPTED_DATA_LEN_RANGE);
    return;
  }
  expect(await importer.export((await decapsulating).newKey)).toEqual(hexIn(answer, "sharedSecret"));
}

const kyber: AnswerFile = {
  file: "kyber-round2",
  belongs: () => true,
  async run(hsm, answer, named) {
    const owner = ownerOf(answer, named);
    if (owner === answer) await expectEncodings(hsm, answer, ck.CKK_IBM_PQC_KYBER);
    await expectSecret(hsm, answer, "kyber", await privateKeyOf(hsm, owner, ck.CKK_IBM_PQC_KYBER));
  },
};

const mlKem: AnswerFile = {
  file: "ml-kem",
  belongs: () => true,
  async run(hsm, answer, named) {
    if (answer.kind === "key") return expectEncodings(hsm, answer, ck.CKK_IBM_ML_KEM);
    if (answer.kind === "kem") {
      const key = await privateKeyOf(hsm, ownerOf(answer, named), ck.CKK_IBM_ML_KEM);
      return expectSecret(hsm, answer, "ml-kem", key);
    }
    const pkcs8 = pqcPkcs8(setOf(answer), "seed", hexIn(answer, "seed"));
    const { key, checkSum } = await hsm.importer.privateKey(pkcs8, ck.CKK_IBM_ML_KEM);
    expect(spkiOf(checkSum)).toEqual(pqcSpki(setOf(answer), hexIn(answer, "publicKey")));
    await expectSecret(hsm, answer, "ml-kem", key);
  },
};

/** The known-answer files of the post-quantum mechanisms. */
export const POST_QUANTUM: readonly AnswerFile[] = [dilithium, mlDsa, kyber, mlKem];
