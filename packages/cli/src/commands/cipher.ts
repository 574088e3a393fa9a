import { decryptParts, encryptParts, type PartSource } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { openSource, readWhole } from "../files/files.ts";
import { publicHalf, readKey, readPublicKey } from "../keys/key-file.ts";
import { withCarriedIv, withFreshIv } from "../mechanisms/carried-iv.ts";
import { defaultCipher } from "../mechanisms/default-mechanism.ts";
import { chooseMechanism, parseMechanism } from "../mechanisms/mechanism-syntax.ts";
import { IN, MECHANISM, OUT } from "../terminal/flags.ts";
import { writeData } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";

const DEFAULTS =
  "By default AES keys use CKM_AES_CBC_PAD, DES keys CKM_DES3_CBC_PAD, RSA keys CKM_RSA_PKCS_OAEP with SHA-256. Without iv=, encrypting puts a random IV before the ciphertext, and decrypting reads it from there. CBC and CTR do not detect changes: sign data that must not be altered. AES_GCM and CHACHA20_POLY1305 detect them, but are limited to 3 MiB, because an HSM decrypts them in one call.";

/** The maximum number of bytes of data in one call. GREP11 services refuse longer messages. */
const ONE_CALL_BYTES = 3 << 20;

/** Authenticated ciphers. They return plaintext only after they have verified all data, so they decrypt only in one call. */
const AUTHENTICATED: readonly number[] = [ck.CKM_AES_GCM, ck.CKM_CHACHA20_POLY1305];

/** Maximum length in bytes of the tag after the ciphertext. */
const TAG_BYTES = 16;

/** Splits `data` into parts. For an authenticated cipher there is one part. Errors: UsageError if it exceeds `max` bytes. */
async function partsFor(
  mech: ck.Mechanism,
  data: AsyncIterable<Uint8Array>,
  max: number,
): Promise<{ data: PartSource; partSize?: number }> {
  if (!AUTHENTICATED.includes(mech.mechanism)) return { data };
  return { data: [await readWhole(data, max)], partSize: max };
}

function detailsOf({ mechanism }: ck.Mechanism) {
  return { mechanism: ck.ckmName(mechanism) };
}

export const encrypt = defineCommand({
  name: "encrypt",
  summary: "encrypt data of any size",
  details: [DEFAULTS],
  flags: {
    key: { kind: "text", value: "FILE", help: "secret key, key pair, public key or certificate", required: true },
    ...IN,
    ...OUT,
    ...MECHANISM,
  },
  examples: [
    "grep11 encrypt --key data.key --in report.pdf --out report.pdf.enc",
    "tar c docs | grep11 encrypt --key data.key > docs.tar.enc",
  ],
  async run({ hsm, options, io, flags }) {
    const file = await readPublicKey(io, flags.key);
    const { mech, prefix } = withFreshIv(chooseMechanism(flags, () => defaultCipher(file)));
    const { data, size } = await openSource(io, flags.in);
    const key = publicHalf(file);
    const { data: plain, ...parts } = await partsFor(mech, withProgress(io, data, size), ONE_CALL_BYTES);
    async function* ciphered() {
      if (prefix.length > 0) yield prefix;
      yield* encryptParts(hsm, { mech, key }, plain, { ...options, ...parts });
    }
    await writeData(io, flags, ciphered(), { name: "ciphered", details: detailsOf(mech) });
  },
});

export const decrypt = defineCommand({
  name: "decrypt",
  summary: "decrypt data of any size",
  details: [
    DEFAULTS,
    "A file named by --out appears only when everything has been decrypted. On stdout data appears as it is decrypted, so wait for the exit code before you use it.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "secret key or key pair", required: true },
    ...IN,
    ...OUT,
    ...MECHANISM,
  },
  examples: ["grep11 decrypt --key data.key --in report.pdf.enc --out report.pdf"],
  async run({ hsm, options, io, flags }) {
    const file = await readKey(io, flags.key);
    const source = await openSource(io, flags.in);
    const chosen = chooseMechanism(flags, () => defaultCipher(file));
    const { mech, data } = await withCarriedIv(chosen, withProgress(io, source.data, source.size));
    const { data: ciphered, ...parts } = await partsFor(mech, data, ONE_CALL_BYTES + TAG_BYTES);
    const plain = decryptParts(hsm, { mech, key: file.blob }, ciphered, { ...options, ...parts });
    await writeData(io, flags, plain, { name: "plain", details: detailsOf(mech) });
  },
});

export const reencrypt = defineCommand({
  name: "reencrypt",
  summary: "decrypt with one key and encrypt with another, inside the HSM",
  details: ["The plaintext never leaves the HSM. All data is sent in one call, at most 3 MiB.", DEFAULTS],
  flags: {
    key: { kind: "text", value: "FILE", help: "key the data is encrypted with", required: true },
    "to-key": { kind: "text", value: "FILE", help: "key to encrypt it with", required: true },
    ...IN,
    ...OUT,
    ...MECHANISM,
    "to-mech": { ...MECHANISM.mech, help: "mechanism for --to-key" },
  },
  examples: ["grep11 reencrypt --key old.key --to-key new.key --in db.enc --out db2.enc"],
  async run({ hsm, options, io, flags }) {
    const from = await readKey(io, flags.key);
    const to = await readPublicKey(io, flags["to-key"]);
    const source = await openSource(io, flags.in);
    const old = await withCarriedIv(
      chooseMechanism(flags, () => defaultCipher(from)),
      source.data,
    );
    const chosen = flags["to-mech"] === undefined ? defaultCipher(to) : parseMechanism(flags["to-mech"]);
    const { mech: encMech, prefix } = withFreshIv(chosen);
    const ciphered = await readWhole(old.data, ONE_CALL_BYTES);
    const request = { decMech: old.mech, encMech, ciphered, decKey: from.blob, encKey: publicHalf(to) };
    const { reciphered } = await hsm.reencryptSingle(request, options);
    await writeData(io, flags, Buffer.concat([prefix, reciphered]), { name: "ciphered", details: detailsOf(encMech) });
  },
});
