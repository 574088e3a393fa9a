/** Runs the known answers of elliptic curves: ECDSA, EdDSA, key agreement with and without a KDF, and encodings of keys. */
import { interoperableSpki, mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { signing, verification } from "../../src/index.ts";
import { hexIn, numberIn, textIn } from "../support/fields.ts";
import { agree, ecPkcs8, ecSpki, hashOf, importAgreementKey } from "../support/hsm.ts";
import { type AnswerFile, expectAnswer, type KnownAnswer } from "./answers.ts";

function curveIn(answer: KnownAnswer, field = "curve"): ck.CurveName | undefined {
  const name = String(answer[field]).toLowerCase();
  return ck.curveNames.find((known) => known.toLowerCase() === name);
}

const REFUSALS = [
  ck.CKR_SIGNATURE_INVALID,
  ck.CKR_SIGNATURE_LEN_RANGE,
  ck.CKR_IBM_BLOB_ERROR,
  ck.CKR_PUBLIC_KEY_INVALID,
];

const ecdsa: AnswerFile = {
  file: "ecdsa",
  belongs: (answer) => curveIn(answer) !== undefined,
  async run(hsm, answer) {
    const { ep11 } = hsm;
    const pubKey = ecSpki(curveIn(answer)!, hexIn(answer, "publicKey"));
    const signature = hexIn(answer, "signature");
    const hashed = verification(ep11, mechanism.ecdsaSignature(hashOf(textIn(answer, "hash"))), pubKey, signature);
    const raw = verification(ep11, mechanism.ecdsa(), pubKey, signature);
    if (answer.result === "invalid") {
      await expect(hashed.single(hexIn(answer, "message"))).toThrowRv(...REFUSALS);
      await expect(raw.single(hexIn(answer, "digest"))).toThrowRv(...REFUSALS);
      return;
    }
    await expectAnswer(hashed, hexIn(answer, "message"), new Uint8Array(0));
    await raw.single(hexIn(answer, "digest"));
    const pkcs8 = ecPkcs8(curveIn(answer)!, hexIn(answer, "privateKey"));
    const { key } = await hsm.importer.privateKey(pkcs8, ck.CKK_EC);
    const own = await signing(ep11, mechanism.ecdsa(), key).single(hexIn(answer, "digest"));
    await verification(ep11, mechanism.ecdsa(), pubKey, own).single(hexIn(answer, "digest"));
  },
};

const AGREEMENTS: Readonly<Record<string, typeof mechanism.ecdh1>> = {
  X25519: mechanism.x25519,
  X448: mechanism.x448,
};
const agreementOn = (curve: ck.CurveName) => AGREEMENTS[curve] ?? mechanism.ecdh1;

const edwardsAndMontgomery: AnswerFile = {
  file: "ed-x-curves",
  belongs: () => true,
  async run(hsm, answer) {
    const { ep11, importer } = hsm;
    const [, curveName, form] = /^(X?(?:Ed)?\d+)(ctx|ph)?$/.exec(textIn(answer, "algorithm"))!;
    const curve = curveName as ck.CurveName;
    if (curve.startsWith("X")) {
      const agreeing = (async () => {
        const baseKey = await importAgreementKey(hsm, curve, hexIn(answer, "privateKey"));
        return agree(hsm, agreementOn(curve)({ publicData: hexIn(answer, "peerPublicKey") }), baseKey);
      })();
      if (answer.result === "invalid") await expect(agreeing).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
      else expect(await agreeing).toEqual(hexIn(answer, "sharedSecret"));
      return;
    }
    const context = typeof answer.context === "string" ? hexIn(answer, "context") : new Uint8Array(0);
    const plain = curve === "Ed25519" ? mechanism.ed25519() : mechanism.ed448();
    const isPlain = form === undefined && context.length === 0;
    const mech = isPlain ? plain : mechanism.eddsa({ context, prehash: form === "ph" });
    const pubKey = ecSpki(curve, hexIn(answer, "publicKey"));
    const verifying = verification(ep11, mech, pubKey, hexIn(answer, "signature"));
    if (answer.result === "invalid") {
      await expect(verifying.single(hexIn(answer, "message"))).toThrowRv(...REFUSALS);
      return;
    }
    await verifying.single(hexIn(answer, "message"));
    const { key, checkSum } = await importer.privateKey(ecPkcs8(curve, hexIn(answer, "privateKey")), ck.CKK_EC);
    expect(spkiOf(checkSum).slice(-hexIn(answer, "publicKey").length)).toEqual(hexIn(answer, "publicKey"));
    expect(await signing(ep11, mech, key).single(hexIn(answer, "message"))).toEqual(hexIn(answer, "signature"));
  },
};

/**
 * The maximum length of a generic secret in bytes. If an output is longer, only its beginning is compared, which suffices because
 * the KDF works block by block.
 */
const MAX_SECRET_BYTES = 256;

const agreements: AnswerFile = {
  file: "ecdh-kdf",
  belongs: (answer) => curveIn(answer) !== undefined && textIn(answer, "kdf").startsWith("X9.63"),
  async run(hsm, answer) {
    const curve = curveIn(answer)!;
    const baseKey = await importAgreementKey(hsm, curve, hexIn(answer, "privateKey"));
    const publicData = hexIn(answer, "peerPublicKey");
    const mech = agreementOn(curve);
    expect(await agree(hsm, mech({ publicData }), baseKey)).toEqual(hexIn(answer, "sharedSecret"));
    const kdf = hashOf(textIn(answer, "kdf").replace("X9.63-SHA", "SHA-"));
    const length = Math.min(numberIn(answer, "length"), MAX_SECRET_BYTES);
    const requested = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });
    const sharedData = hexIn(answer, "sharedInfo");
    const derive = async (peer: Uint8Array) => {
      const request = { mech: mech({ publicData: peer, kdf, sharedData }), baseKey, template: requested };
      return hsm.importer.export((await hsm.ep11.deriveKey(request)).newKey);
    };
    expect(await derive(publicData)).toEqual(hexIn(answer, "derivedKey").subarray(0, length));
  },
};

const encodings: AnswerFile = {
  file: "key-encodings",
  belongs: (answer) => curveIn(answer) !== undefined,
  async run({ ep11, importer }, answer) {
    const { key, checkSum } = await importer.privateKey(hexIn(answer, "pkcs8"), ck.CKK_EC);
    expect(spkiOf(checkSum)).toEqual(hexIn(answer, "spki"));
    expect(await importer.export(key)).toEqual(hexIn(answer, "pkcs8"));
    const bare = ecPkcs8(curveIn(answer)!, hexIn(answer, "privateKey"));
    expect(await importer.export((await importer.privateKey(bare, ck.CKK_EC)).key)).toEqual(hexIn(answer, "pkcs8"));
    const publicKey = await importer.publicKey(hexIn(answer, "spki"));
    expect(spkiOf(publicKey)).toEqual(hexIn(answer, "spki"));
    expect(spkiOf(await importer.publicKey(interoperableSpki(hexIn(answer, "spki"))))).toEqual(hexIn(answer, "spki"));
    const { attributes } = await ep11.getAttributeValue({ object: key, attributes: [ck.CKA_EC_PARAMS] });
    expect(attributes.get(ck.CKA_EC_PARAMS)).toEqual(hexIn(answer, "params"));
  },
};

/** The known-answer files of elliptic curves. */
export const CURVES: readonly AnswerFile[] = [ecdsa, edwardsAndMontgomery, agreements, encodings];
