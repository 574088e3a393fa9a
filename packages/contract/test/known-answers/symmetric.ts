/** Runs the known answers of digests, MACs and block ciphers. */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { expect } from "vitest";
import { decryption, digestion, EXPECTATIONS, encryption, type Shape, signing, verification } from "../../src/index.ts";
import { hexIn, numberIn, textIn } from "../support/fields.ts";
import { type AnswerFile, expectAnswer, type KnownAnswer } from "./answers.ts";

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
      // Empty data is accepted only by Init and Final without Update.
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

/** A mode of a block cipher: its mechanism, and the calls that the mode supports. */
interface Mode {
  readonly mech: (answer: KnownAnswer) => ck.Mechanism;
  readonly shape?: Shape;
  readonly decryptShape?: Shape;
}
type Cipher = Readonly<Record<string, Mode>>;

const bare = (mechanismNumber: number): Mode => ({ mech: () => ({ mechanism: mechanismNumber }) });
const withIv = (mechanismNumber: number, rest: Partial<Mode> = {}): Mode => ({
  ...rest,
  mech: (answer) => ({ mechanism: mechanismNumber, parameter: hexIn(answer, "iv") }),
});

const AES: Cipher = {
  ECB: bare(ck.CKM_AES_ECB),
  CTR: {
    mech: (answer) => mechanism.aesCtr({ block: hexIn(answer, "iv"), counterBits: numberIn(answer, "counterBits") }),
  },
  GCM: {
    mech: (answer) =>
      mechanism.aesGcm({
        iv: hexIn(answer, "iv"),
        aad: hexIn(answer, "aad"),
        tagLength: numberIn(answer, "tagBits") / 8,
      }),
    decryptShape: "one-shot",
  },
  XTS: withIv(ck.CKM_AES_XTS, { shape: "one-shot" }),
  KW: { ...bare(ck.CKM_AES_KEY_WRAP), shape: "one-shot" },
  KWP: { ...bare(ck.CKM_AES_KEY_WRAP_KWP), shape: "one-shot" },
};
const DES: Cipher = { ECB: bare(ck.CKM_DES3_ECB) };

/** Returns a mode that is not in the tables above, if the HSM has the mechanism CKM_<prefix>_<mode>. Its parameter is the IV. */
export function modeWithIv(prefix: "AES" | "DES3", mode: unknown): Mode | undefined {
  const number = ck.ckmNumber(`${prefix}_${String(mode)}`);
  return number !== undefined && isOffered(number) ? withIv(number) : undefined;
}

const isOffered = (number: number) => EXPECTATIONS.some((expectation) => expectation.mechanism === number);

/** The shortest tag of GCM that the HSM accepts, in bits. */
const MIN_TAG_BITS = 96;
/** The shortest truncated MAC that the HSM accepts, in bytes. */
const MIN_MAC_BYTES = 4;

/** Returns the known-answer file of a block cipher, with the cases of its modes, its CMAC and its key check values. */
function cipherFile(
  file: string,
  prefix: "AES" | "DES3",
  modes: Cipher,
  [cmac, cmacGeneral]: readonly [number, number],
  keyTypeOf: (bytes: number, mode: string) => number,
): AnswerFile {
  return {
    file,
    belongs: ({ mode, tagBits }) =>
      typeof mode === "string" &&
      (mode in modes || modeWithIv(prefix, mode) !== undefined || ["CMAC", "CHECK_VALUE", "PARITY"].includes(mode)) &&
      !(typeof tagBits === "number" && tagBits < MIN_TAG_BITS),
    async run({ ep11, importer }, answer) {
      const value = hexIn(answer, "key");
      const mode = textIn(answer, "mode");
      const { key, checkSum } = await importer.secret(value, keyTypeOf(value.length, mode));
      if (mode === "CHECK_VALUE") {
        expect(checkSum.subarray(0, 3)).toEqual(hexIn(answer, "checkValue"));
      } else if (mode === "PARITY") {
        expect(await importer.export(key)).toEqual(hexIn(answer, "adjustedKey"));
      } else if (mode === "CMAC") {
        for (const number of [cmac, ck.CKM_IBM_CMAC]) {
          const operation = signing(ep11, { mechanism: number }, key);
          await expectAnswer(operation, hexIn(answer, "message"), hexIn(answer, "fullMac"), answer.messageParts);
        }
        if (numberIn(answer, "macLength") < MIN_MAC_BYTES) return;
        const general = { mechanism: cmacGeneral, parameter: wireForm([numberIn(answer, "macLength")]) };
        await expectAnswer(signing(ep11, general, key), hexIn(answer, "message"), hexIn(answer, "mac"));
      } else {
        const { mech: mechanismOf, shape = "multi", decryptShape = shape } = (modes[mode] ?? modeWithIv(prefix, mode))!;
        const mech = mechanismOf(answer);
        const [plain, ciphered] = [hexIn(answer, "plaintext"), hexIn(answer, "ciphertext")];
        const [plainParts, cipheredParts] = [answer.plaintextParts, answer.ciphertextParts];
        await expectAnswer(encryption(ep11, mech, key), plain, ciphered, plainParts ?? answer.parts, shape);
        await expectAnswer(decryption(ep11, mech, key), ciphered, plain, cipheredParts ?? answer.parts, decryptShape);
      }
    },
  };
}

/** The known-answer files of the symmetric mechanisms and digests. */
export const SYMMETRIC: readonly AnswerFile[] = [
  digests,
  hmacs,
  cipherFile("aes", "AES", AES, [ck.CKM_AES_CMAC, ck.CKM_AES_CMAC_GENERAL], (_, mode) =>
    mode === "XTS" ? ck.CKK_AES_XTS : ck.CKK_AES,
  ),
  cipherFile("des3", "DES3", DES, [ck.CKM_DES3_CMAC, ck.CKM_DES3_CMAC_GENERAL], (bytes) =>
    bytes === 16 ? ck.CKK_DES2 : ck.CKK_DES3,
  ),
];
