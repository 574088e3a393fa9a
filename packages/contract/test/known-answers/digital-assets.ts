/** Runs the known answers of hierarchical keys, and of Schnorr and BLS signatures. */
import { deriveKeyPath, mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { signing, verification } from "../../src/index.ts";
import { type Fields, hexIn, numberIn, textIn } from "../support/fields.ts";
import { ecPkcs8, ecSpki, type Hsm, once } from "../support/hsm.ts";
import { type AnswerFile, expectAnswer, type KnownAnswer } from "./answers.ts";
import { blsSignature, blsSpki } from "./bls-points.ts";

const NOTHING = new Uint8Array(0);
const REFUSALS = [
  ck.CKR_SIGNATURE_INVALID,
  ck.CKR_SIGNATURE_LEN_RANGE,
  ck.CKR_IBM_BLOB_ERROR,
  ck.CKR_PUBLIC_KEY_INVALID,
];
function curveIn(answer: KnownAnswer): ck.CurveName {
  const name = textIn(answer, "curve").toLowerCase().replace("nist256p1", "p-256");
  return ck.curveNames.find((known) => known.toLowerCase() === name)!;
}

const RIGHTS = template({ CKA_EXTRACTABLE: true, CKA_DERIVE: true, CKA_SIGN: true, CKA_VERIFY: true });
const pointIn = (fields: Fields) =>
  hexIn(fields, "publicKeyUncompressed" in fields ? "publicKeyUncompressed" : "publicKey");

/**
 * Returns a file whose cases derive keys along the whole path from the seed. The cases also derive the last key of the
 * path from its parent, once as a private key and once as a public key.
 */
function treeFile(
  file: string,
  scheme: "BIP32" | "SLIP-0010",
  isExcluded: (answer: KnownAnswer) => boolean,
): AnswerFile {
  return {
    file,
    belongs: (answer) => !isExcluded(answer),
    async run(hsm, answer) {
      if (answer.result === "invalid") return expectInvalidKey(hsm, answer);
      const { ep11, importer } = hsm;
      const curve = curveIn(answer);
      const common = { scheme, curve, template: RIGHTS } as const;
      const base = (await importer.secret(hexIn(answer, "seed"), ck.CKK_GENERIC_SECRET)).key;
      const path = textIn(answer, "path");
      const made = await deriveKeyPath(ep11, { ...common, base, path });
      const privateHex = Buffer.from(await importer.export(made.key)).toString("hex");
      expect(privateHex).toContain(textIn(answer, "privateKey"));
      expect(made.chainCode).toEqual(hexIn(answer, "chainCode"));
      if (!("parent" in answer)) return;
      expect(spkiOf(made.publicKey!)).toEqual(ecSpki(curve, pointIn(answer)));
      await expectPublicDerivation(hsm, answer, common);
    },
  };
}

async function expectPublicDerivation(
  { ep11 }: Hsm,
  answer: KnownAnswer,
  common: { readonly scheme: "BIP32" | "SLIP-0010"; readonly curve: ck.CurveName; readonly template: ck.Template },
): Promise<void> {
  const parent = answer.parent as Fields;
  if (answer.hardened === true || !("publicKeyUncompressed" in parent)) return;
  const base = ecSpki(common.curve, hexIn(parent, "publicKeyUncompressed"));
  const path = `${numberIn(answer, "index")}`;
  const request = { ...common, base, chainCode: hexIn(parent, "chainCode"), path, fromPublic: true };
  const made = await deriveKeyPath(ep11, request);
  expect(spkiOf(made.key)).toEqual(ecSpki(common.curve, pointIn(answer)));
  expect(made.chainCode).toEqual(hexIn(answer, "chainCode"));
}

/** Asserts that the HSM refuses to import the 33 key bytes at the end of an invalid extended key. */
async function expectInvalidKey({ importer }: Hsm, answer: KnownAnswer): Promise<void> {
  const key = hexIn(answer, "payload").subarray(45);
  const importing =
    key[0] === 0
      ? importer.privateKey(ecPkcs8("secp256k1", key.subarray(1)), ck.CKK_EC)
      : importer.publicKey(ecSpki("secp256k1", key));
  await expect(importing).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
}

/**
 * Matches the reasons of cases about Base58 and about the metadata of extended keys. EP11 has neither Base58 nor
 * metadata.
 */
const EXTENDED_KEY_FIELDS = /mismatch|zero depth|unknown extended/;
export const isAboutExtendedKeys = ({ reason }: Fields): boolean =>
  typeof reason === "string" && EXTENDED_KEY_FIELDS.test(reason);

function schnorrFile(file: string, mech: ck.Mechanism, point: string): AnswerFile {
  return {
    file,
    belongs: () => true,
    async run({ ep11, importer }, answer) {
      const curve = curveIn(answer);
      const pubKey = ecSpki(curve, hexIn(answer, point));
      const data = hexIn(answer, "message");
      const verifying = verification(ep11, mech, pubKey, hexIn(answer, "signature")).single(data);
      if (answer.result !== "valid") {
        await expect(verifying).toThrowRv(...REFUSALS);
        return;
      }
      await verifying;
      // The HSM chooses its own nonce, so its signature differs from that in the file and is only verified. The engine's unit
      // tests compare signatures with given nonces.
      const { key, checkSum } = await importer.privateKey(ecPkcs8(curve, hexIn(answer, "privateKey")), ck.CKK_EC);
      expect(spkiOf(checkSum)).toEqual(pubKey);
      const own = await signing(ep11, mech, key).single(data);
      await verification(ep11, mech, pubKey, own).single(data);
    },
  };
}

/**
 * Returns whether EP11 has no function for a case. EP11 verifies aggregated signatures only of a single message, and
 * does not hash to a point.
 */
export const isOutsideEp11 = ({ kind }: Fields): boolean => kind === "aggregate-distinct" || kind === "hash-to-G2";

async function runBlsKey({ importer }: Hsm, answer: KnownAnswer): Promise<void> {
  const { key, checkSum } = await importer.privateKey(hexIn(answer, "pkcs8"), ck.CKK_EC);
  expect(spkiOf(checkSum)).toEqual(hexIn(answer, "spki"));
  expect(await importer.export(key)).toEqual(hexIn(answer, "pkcs8"));
}

async function runBlsSignature(hsm: Hsm, answer: KnownAnswer, owner: KnownAnswer | undefined): Promise<void> {
  const { ep11, importer } = hsm;
  const mech = mechanism.bls();
  const data = hexIn(answer, "message");
  const spki = owner ? hexIn(owner, "spki") : blsSpki(hexIn(answer, "publicKey"));
  const signature = blsSignature(hexIn(answer, "signature"));
  const verifying = verification(ep11, mech, spki, signature);
  if (answer.result === "invalid") {
    await expect(verifying.single(data)).toThrowRv(...REFUSALS);
    return;
  }
  await expectAnswer(verifying, data, NOTHING, undefined, "single-only");
  if (owner === undefined) return;
  expect(signature).toEqual(hexIn(answer, "signatureUncompressed"));
  const key = await once(
    hsm,
    owner.name,
    async () => (await importer.privateKey(hexIn(owner, "pkcs8"), ck.CKK_EC)).key,
  );
  expect(await signing(ep11, mech, key).single(data)).toEqual(signature);
}

async function runBlsAggregate({ ep11 }: Hsm, answer: KnownAnswer, spkis: readonly Uint8Array[]): Promise<void> {
  const mech = mechanism.bls();
  const data = hexIn(answer, "message");
  const sum = hexIn(answer, "aggregateSignatureUncompressed");
  const together = verification(ep11, mech, new Uint8Array(Buffer.concat(spkis)), sum).single(data);
  if (answer.result === "invalid") {
    await expect(together).toThrowRv(...REFUSALS);
    return;
  }
  await together;
  const elements = (answer.elementSignatures as string[]).map((hex) => new Uint8Array(Buffer.from(hex, "hex")));
  const summing = mechanism.aggregateSignatures(elements);
  expect((await ep11.signSingle({ mech: summing, privKey: NOTHING, data: NOTHING })).signature).toEqual(sum);
  const adding = mechanism.aggregatePublicKeys(spkis);
  const { newKey } = await ep11.deriveKey({ mech: adding, baseKey: NOTHING, template: RIGHTS });
  expect(spkiOf(newKey)).toEqual(hexIn(answer, "aggregateSpki"));
  await verification(ep11, mech, newKey, sum).single(data);
}

const bls: AnswerFile = {
  file: "bls12381",
  belongs: (answer) => !isOutsideEp11(answer),
  run(hsm, answer, named) {
    switch (answer.kind) {
      case "key":
        return runBlsKey(hsm, answer);
      case "aggregate":
        return runBlsAggregate(
          hsm,
          answer,
          (answer.keysOf as string[]).map((name) => hexIn(named(name), "spki")),
        );
      default:
        return runBlsSignature(hsm, answer, "keyOf" in answer ? named(textIn(answer, "keyOf")) : undefined);
    }
  },
};

/** The known-answer files of digital assets. */
export const DIGITAL_ASSETS: readonly AnswerFile[] = [
  treeFile("bip32", "BIP32", isAboutExtendedKeys),
  treeFile("slip10", "SLIP-0010", () => false),
  schnorrFile("ecsdsa", mechanism.ecSdsa(), "publicKey"),
  schnorrFile("zilliqa-schnorr", mechanism.zilliqaSchnorr(), "publicKeyUncompressed"),
  bls,
];
