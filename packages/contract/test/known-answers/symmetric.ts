/** Digests, MACs, block ciphers and key derivation by hash. */
import { mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { decryption, digestion, encryption, signing, verification } from "../../src/index.ts";
import { hexIn, numberIn, textIn } from "../fields.ts";
import { hashOf } from "../hsm.ts";
import { type AnswerFile, expectAnswer } from "./answers.ts";

const HASHES: Readonly<Record<string, readonly [digest: readonly number[], hmac: readonly number[]]>> = {
  "SHA-1": [[ck.CKM_SHA_1], [ck.CKM_SHA_1_HMAC]],
  "SHA-224": [[ck.CKM_SHA224], [ck.CKM_SHA224_HMAC]],
  "SHA-256": [[ck.CKM_SHA256], [ck.CKM_SHA256_HMAC]],
  "SHA-384": [[ck.CKM_SHA384], [ck.CKM_SHA384_HMAC]],
  "SHA-512": [[ck.CKM_SHA512], [ck.CKM_SHA512_HMAC]],
  "SHA-512/224": [
    [ck.CKM_SHA512_224, ck.CKM_IBM_SHA512_224],
    [ck.CKM_SHA512_224_HMAC, ck.CKM_IBM_SHA512_224_HMAC],
  ],
  "SHA-512/256": [
    [ck.CKM_SHA512_256, ck.CKM_IBM_SHA512_256],
    [ck.CKM_SHA512_256_HMAC, ck.CKM_IBM_SHA512_256_HMAC],
  ],
  "SHA3-224": [
    [ck.CKM_SHA3_224, ck.CKM_IBM_SHA3_224],
    [ck.CKM_SHA3_224_HMAC, ck.CKM_IBM_SHA3_224_HMAC],
  ],
  "SHA3-256": [
    [ck.CKM_SHA3_256, ck.CKM_IBM_SHA3_256],
    [ck.CKM_SHA3_256_HMAC, ck.CKM_IBM_SHA3_256_HMAC],
  ],
  "SHA3-384": [
    [ck.CKM_SHA3_384, ck.CKM_IBM_SHA3_384],
    [ck.CKM_SHA3_384_HMAC, ck.CKM_IBM_SHA3_384_HMAC],
  ],
  "SHA3-512": [
    [ck.CKM_SHA3_512, ck.CKM_IBM_SHA3_512],
    [ck.CKM_SHA3_512_HMAC, ck.CKM_IBM_SHA3_512_HMAC],
  ],
};

const withoutEmpty = (parts: unknown) => (Array.isArray(parts) ? parts.filter((part) => part !== 0) : undefined);

const digests: AnswerFile = {
  file: "digest",
  belongs: (answer) => textIn(answer, "hash") in HASHES,
  async run({ ep11 }, answer) {
    const data = hexIn(answer, "message");
    const expected = hexIn(answer, "digest");
    for (const number of HASHES[textIn(answer, "hash")]![0]) {
      const operation = digestion(ep11, { mechanism: number });
      // Nothing is digested by Init and Final alone.
      if (data.length === 0) expect(await operation.final(await operation.init())).toEqual(expected);
      else await expectAnswer(operation, data, expected, withoutEmpty(answer.parts));
    }
  },
};

const hmacs: AnswerFile = {
  file: "hmac",
  belongs: (answer) => textIn(answer, "hash") in HASHES,
  async run({ ep11, importer }, answer) {
    const { key } = await importer.secret(hexIn(answer, "key"), ck.CKK_GENERIC_SECRET);
    const data = hexIn(answer, "message");
    const expected = hexIn(answer, "mac");
    for (const number of HASHES[textIn(answer, "hash")]![1]) {
      const operation = signing(ep11, { mechanism: number }, key);
      const code = await operation.single(data);
      expect(code.subarray(0, numberIn(answer, "macLength"))).toEqual(expected);
      await expectAnswer(operation, data, code, answer.parts);
      const verifying = verification(ep11, { mechanism: number }, key, code);
      await expectAnswer(verifying, data, new Uint8Array(0), answer.parts);
    }
  },
};

type Cipher = Readonly<Record<string, number>>;
const AES: Cipher = { ECB: ck.CKM_AES_ECB, CBC: ck.CKM_AES_CBC, CBC_PAD: ck.CKM_AES_CBC_PAD };
const DES: Cipher = { ECB: ck.CKM_DES3_ECB, CBC: ck.CKM_DES3_CBC, CBC_PAD: ck.CKM_DES3_CBC_PAD };

/** A block cipher's file: its modes, its CMAC and its key check values. */
function cipherFile(file: string, modes: Cipher, cmac: number, keyTypeOf: (bytes: number) => number): AnswerFile {
  return {
    file,
    belongs: ({ mode }) =>
      typeof mode === "string" && (mode in modes || ["CMAC", "CHECK_VALUE", "PARITY"].includes(mode)),
    async run({ ep11, importer }, answer) {
      const value = hexIn(answer, "key");
      const { key, checkSum } = await importer.secret(value, keyTypeOf(value.length));
      const mode = textIn(answer, "mode");
      if (mode === "CHECK_VALUE") {
        expect(checkSum.subarray(0, 3)).toEqual(hexIn(answer, "checkValue"));
      } else if (mode === "PARITY") {
        expect(await importer.export(key)).toEqual(hexIn(answer, "adjustedKey"));
      } else if (mode === "CMAC") {
        for (const number of [cmac, ck.CKM_IBM_CMAC]) {
          const operation = signing(ep11, { mechanism: number }, key);
          await expectAnswer(operation, hexIn(answer, "message"), hexIn(answer, "fullMac"), answer.messageParts);
        }
      } else {
        const parameter = mode === "ECB" ? {} : { parameter: hexIn(answer, "iv") };
        const mech = { mechanism: modes[mode]!, ...parameter };
        const [plain, ciphered] = [hexIn(answer, "plaintext"), hexIn(answer, "ciphertext")];
        await expectAnswer(encryption(ep11, mech, key), plain, ciphered, answer.plaintextParts ?? answer.parts);
        await expectAnswer(decryption(ep11, mech, key), ciphered, plain, answer.ciphertextParts ?? answer.parts);
      }
    },
  };
}

const derivations: AnswerFile = {
  file: "key-derivation",
  belongs: (answer) => /^SHA-\d+-KEY-DERIVATION$/.test(textIn(answer, "function")),
  async run({ ep11, importer }, answer) {
    const { key: baseKey } = await importer.secret(hexIn(answer, "baseKey"), ck.CKK_GENERIC_SECRET);
    const mech = mechanism.keyDerivation(hashOf(textIn(answer, "function").replace("-KEY-DERIVATION", "")));
    const asked = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: numberIn(answer, "length") });
    const { newKey } = await ep11.deriveKey({ mech, baseKey, template: asked });
    expect(await importer.export(newKey)).toEqual(hexIn(answer, "derivedKey"));
  },
};

/** The files of this family. */
export const SYMMETRIC: readonly AnswerFile[] = [
  digests,
  hmacs,
  cipherFile("aes", AES, ck.CKM_AES_CMAC, () => ck.CKK_AES),
  cipherFile("des3", DES, ck.CKM_DES3_CMAC, (bytes) => (bytes === 16 ? ck.CKK_DES2 : ck.CKK_DES3)),
  derivations,
];
