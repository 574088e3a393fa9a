/** Runs the known answers of DSA and Diffie-Hellman in prime fields. */
import { mechanism, spkiOf } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { signing, verification } from "../../src/index.ts";
import { hexIn, textIn } from "../support/fields.ts";
import { agree, type Hsm } from "../support/hsm.ts";
import type { AnswerFile, KnownAnswer } from "./answers.ts";

const REFUSALS = [ck.CKR_SIGNATURE_INVALID, ck.CKR_SIGNATURE_LEN_RANGE];
const DSA = { mechanism: ck.CKM_DSA };

async function runKey({ ep11, importer }: Hsm, answer: KnownAnswer): Promise<void> {
  const { key, checkSum } = await importer.privateKey(hexIn(answer, "pkcs8"), ck.CKK_DSA);
  expect(spkiOf(checkSum)).toEqual(hexIn(answer, "spki"));
  expect(await importer.export(key)).toEqual(hexIn(answer, "pkcs8"));
  const requested = [ck.CKA_IBM_STRUCT_PARAMS, ck.CKA_PRIME];
  const { attributes } = await ep11.getAttributeValue({ object: key, attributes: requested });
  expect(attributes.get(ck.CKA_IBM_STRUCT_PARAMS)).toEqual(hexIn(answer, "domainParameters"));
  const digest = new Uint8Array(32).fill(7);
  const signature = await signing(ep11, DSA, key).single(digest);
  await verification(ep11, DSA, hexIn(answer, "spki"), signature).single(digest);
}

async function runSignature({ ep11 }: Hsm, answer: KnownAnswer, spki: Uint8Array): Promise<void> {
  const signature = hexIn(answer, "signature");
  const raw = verification(ep11, DSA, spki, signature).single(hexIn(answer, "digest"));
  if (answer.result === "invalid") {
    await expect(raw).toThrowRv(...REFUSALS);
    return;
  }
  await raw;
  if (textIn(answer, "hash") !== "SHA-1") return;
  await verification(ep11, { mechanism: ck.CKM_DSA_SHA1 }, spki, signature).single(hexIn(answer, "message"));
}

async function runAgreement(hsm: Hsm, answer: KnownAnswer, spki: string, pkcs8: string): Promise<void> {
  const { key, checkSum } = await hsm.importer.privateKey(hexIn({ pkcs8 }, "pkcs8"), ck.CKK_DH);
  expect(spkiOf(checkSum)).toEqual(hexIn({ spki }, "spki"));
  // A generic secret has at most 256 bytes.
  const length = Math.min(hexIn(answer, "peerPublicKey").length, 256);
  const agreeing = agree(hsm, mechanism.dhDerive(hexIn(answer, "peerPublicKey")), key, length);
  if (answer.result === "invalid") await expect(agreeing).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
  else expect(await agreeing).toEqual(hexIn(answer, "sharedSecret").slice(-length));
}

/** The known-answer file of DSA and Diffie-Hellman. */
export const PRIME_FIELDS: AnswerFile = {
  file: "dsa-dh",
  belongs: () => true,
  async run(hsm, answer, named) {
    switch (textIn(answer, "kind")) {
      case "DSA-key":
        return runKey(hsm, answer);
      case "DSA-signature":
        return runSignature(hsm, answer, hexIn(named(textIn(answer, "keyOf")), "spki"));
      default: {
        const owner = "pkcs8" in answer ? answer : named(answer.name.replace(/-peer-.*/, "-0"));
        return runAgreement(hsm, answer, textIn(owner, "spki"), textIn(owner, "pkcs8"));
      }
    }
  },
};
