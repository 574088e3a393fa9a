import { template } from "@grep11/client";
import { UsageError } from "@grep11/command-line";
import {
  CKM_AES_CBC_PAD,
  CKM_IBM_TRANSPORTKEY,
  CKO_PRIVATE_KEY,
  CKO_PUBLIC_KEY,
  CKO_SECRET_KEY,
  type Template,
} from "@grep11/cryptoki";
import { type ClearKey, parseClearKey, parseEncodedKey } from "../clear-key.ts";
import { defineCommand } from "../command.ts";
import { openSource, readSecret, readWhole } from "../files.ts";
import { JSON_OUTPUT, KEY_OUT, RIGHTS } from "../flags.ts";
import { describeKey, type KeyFile, writeKey } from "../key-file.ts";
import { KEY_KINDS } from "../key-kinds.ts";
import { reportKey } from "../key-report.ts";
import { parseKeySpec, publicRightsTemplate, type RightsFlags, rightsTemplate } from "../key-type.ts";
import { importClearKey } from "../transport-kek.ts";
import { publicKeyOfCheckSum } from "../unwrapped.ts";

/** No clear key is longer than this. */
const MAX_BYTES = 1 << 16;

export const keyImport = defineCommand({
  name: "key import",
  summary: "bring a clear key into the HSM",
  details: [
    "The file holds a private key (PKCS #8 and the usual PEM forms), a public key (SubjectPublicKeyInfo), or, with --type aes, aes-xts, chacha20, des2, des3 or generic, the raw bytes of a secret key. Keys of types that only the HSM knows (bls, dilithium, kyber) need their --type too. The key is encrypted inside the HSM under a KEK made for this transfer and unwrapped from there.",
    "The HSM can protect the key from now on, not undo what happened to the clear file: remove that.",
  ],
  flags: {
    in: { kind: "text", value: "FILE", help: "file with the clear key; - is stdin", required: true },
    type: { kind: "text", value: "TYPE", help: "type of a raw secret key, or of a pair that is not recognised" },
    "passphrase-file": { kind: "text", value: "FILE", help: "file with the passphrase of an encrypted private key" },
    ...KEY_OUT,
    ...RIGHTS,
    ...JSON_OUTPUT,
  },
  examples: [
    "grep11 key import --in server.pem --out server.key",
    "grep11 key import --in aes.bin --type aes --out aes.key",
  ],
  async run({ hsm, options, io, flags }) {
    const { data } = await openSource(io, flags.in);
    const content = await readWhole(data, MAX_BYTES);
    const passphrase =
      flags["passphrase-file"] === undefined ? undefined : await readSecret(io, flags["passphrase-file"]);
    const clear = flags.type === undefined ? parseClearKey(content, passphrase) : typedKey(content, flags.type);
    const keyTemplate = importTemplate(clear, flags);
    const { keyType } = KEY_KINDS[clear.spec.kind];
    const isPublic = clear.class === CKO_PUBLIC_KEY;
    const { unwrapped, checkSum } = isPublic
      ? await hsm.unwrapKey(
          { mech: { mechanism: CKM_IBM_TRANSPORTKEY }, wrapped: clear.value, template: keyTemplate },
          options,
        )
      : await importClearKey(hsm, clear.value, keyTemplate, options);
    const made: KeyFile = describeKey(unwrapped, {
      class: clear.class,
      keyType,
      mechanism: isPublic ? CKM_IBM_TRANSPORTKEY : CKM_AES_CBC_PAD,
      ...(clear.class === CKO_PRIVATE_KEY ? publicKeyOfCheckSum(checkSum) : { checkSum }),
    });
    await writeKey(io, flags.out, made, flags);
    await reportKey(io, flags, made);
  },
});

function typedKey(value: Uint8Array, type: string): ClearKey {
  const spec = parseKeySpec(type);
  if ("publicRights" in KEY_KINDS[spec.kind]) return parseEncodedKey(value, spec);
  if (spec.bits !== undefined && spec.bits !== value.length * 8) {
    throw new UsageError(`the file holds ${value.length * 8} bits, not ${spec.bits}`);
  }
  return { class: CKO_SECRET_KEY, spec, value };
}

function importTemplate({ class: cko, spec, value }: ClearKey, flags: RightsFlags): Template {
  return new Map([
    ...template({ CKA_CLASS: cko, CKA_KEY_TYPE: KEY_KINDS[spec.kind].keyType }),
    ...("sized" in KEY_KINDS[spec.kind] ? template({ CKA_VALUE_LEN: value.length }) : []),
    ...(cko === CKO_PUBLIC_KEY ? publicRightsTemplate(spec, flags) : rightsTemplate(spec, flags)),
  ]);
}
