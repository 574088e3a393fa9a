import { decryptParts, encryptParts } from "@grep11/client";
import { withCarriedIv, withFreshIv } from "../carried-iv.ts";
import { defineCommand } from "../command.ts";
import { defaultCipher } from "../default-mechanism.ts";
import { openSource, readWhole } from "../files.ts";
import { IN, MECHANISM, OUT } from "../flags.ts";
import { publicHalf, readKey } from "../key-file.ts";
import { chooseMechanism, parseMechanism } from "../mechanism-syntax.ts";
import { writeData } from "../output.ts";
import { withProgress } from "../progress.ts";

const DEFAULTS =
  "By default AES keys use CKM_AES_CBC_PAD, DES keys CKM_DES3_CBC_PAD, RSA keys CKM_RSA_PKCS_OAEP with SHA-256. A CBC mechanism without iv= puts a fresh random IV in front of the cipher text, and decrypting takes it from there. CBC does not detect changes: sign what must not be altered.";

export const encrypt = defineCommand({
  name: "encrypt",
  summary: "encrypt data of any size",
  details: [DEFAULTS],
  flags: {
    key: { kind: "text", value: "FILE", help: "secret key, or key pair or public key", required: true },
    ...IN,
    ...OUT,
    ...MECHANISM,
  },
  examples: [
    "grep11 encrypt --key data.key --in report.pdf --out report.pdf.enc",
    "tar c docs | grep11 encrypt --key data.key > docs.tar.enc",
  ],
  async run({ hsm, options, io, flags }) {
    const file = await readKey(io, flags.key);
    const { mech, front } = withFreshIv(chooseMechanism(flags, () => defaultCipher(file)));
    const { data, size } = await openSource(io, flags.in);
    const key = publicHalf(file);
    async function* ciphered() {
      if (front.length > 0) yield front;
      yield* encryptParts(hsm, { mech, key }, withProgress(io, data, size), options);
    }
    await writeData(io, flags, ciphered());
  },
});

export const decrypt = defineCommand({
  name: "decrypt",
  summary: "decrypt data of any size",
  details: [
    DEFAULTS,
    "A file named by --out appears when everything was decrypted; on stdout data comes as it is decrypted, so wait for the exit code.",
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
    await writeData(io, flags, decryptParts(hsm, { mech, key: file.blob }, data, options));
  },
});

/** Most bytes that ReencryptSingle is asked to take: it has no parts. */
const REENCRYPT_BYTES = 3 << 20;

export const reencrypt = defineCommand({
  name: "reencrypt",
  summary: "decrypt with one key and encrypt with another, inside the HSM",
  details: ["The clear text never leaves the HSM. All data travels in one call, at most 3 MiB.", DEFAULTS],
  flags: {
    key: { kind: "text", value: "FILE", help: "key the data is encrypted with", required: true },
    "to-key": { kind: "text", value: "FILE", help: "key it shall be encrypted with", required: true },
    ...IN,
    ...OUT,
    ...MECHANISM,
    "to-mech": { kind: "text", value: "NAME[:key=value,...]", help: "mechanism for --to-key" },
  },
  examples: ["grep11 reencrypt --key old.key --to-key new.key --in db.enc --out db2.enc"],
  async run({ hsm, options, io, flags }) {
    const from = await readKey(io, flags.key);
    const to = await readKey(io, flags["to-key"]);
    const source = await openSource(io, flags.in);
    const old = await withCarriedIv(
      chooseMechanism(flags, () => defaultCipher(from)),
      source.data,
    );
    const chosen = flags["to-mech"] === undefined ? defaultCipher(to) : parseMechanism(flags["to-mech"]);
    const { mech: encMech, front } = withFreshIv(chosen);
    const ciphered = await readWhole(old.data, REENCRYPT_BYTES);
    const request = { decMech: old.mech, encMech, ciphered, decKey: from.blob, encKey: publicHalf(to) };
    const { reciphered } = await hsm.reencryptSingle(request, options);
    await writeData(io, flags, Buffer.concat([front, reciphered]));
  },
});
