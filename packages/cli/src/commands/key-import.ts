import { template } from "@grep11/client";
import { JSON_OUTPUT, UsageError, type Values } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { ClearFile } from "../clear-key/clear-file.ts";
import type { ClearKey } from "../clear-key/clear-key.ts";
import { parseEncodedKey } from "../clear-key/encoded-key.ts";
import { isJwk } from "../clear-key/jwk.ts";
import { readClearKey } from "../clear-key/load.ts";
import { defineCommand } from "../command.ts";
import { openSource, readWhole } from "../files/files.ts";
import { PASSPHRASE, readSecretFrom } from "../files/secret-source.ts";
import { publicKeyOfCheckSum } from "../keys/key-file.ts";
import { saveKey } from "../keys/key-report.ts";
import * as keySpec from "../keys/key-spec.ts";
import { KEY_TYPES } from "../keys/key-types.ts";
import { importClearKey } from "../keys/transport-kek.ts";
import { KEY_OUT, RIGHTS } from "../terminal/flags.ts";
import type { Io } from "../terminal/io.ts";

/** Maximum length of a clear key in bytes. */
const MAX_BYTES = 1 << 16;

export const keyImport = defineCommand({
  name: "key import",
  summary: "import a clear key into the HSM",
  details: [
    "The file holds a private key (PKCS #8, PKCS #1 or SEC 1 in PEM or DER, OpenSSH, JWK), a public key (SubjectPublicKeyInfo, PKCS #1, OpenSSH, JWK), a certificate, whose public key is imported, or, with --type aes, aes-xts, chacha20, des2, des3 or generic, the raw bytes of a secret key. If it has a private key with its public key or certificates, the private key is imported. Keys of types that only the HSM knows (bls, dilithium, kyber) need --type too. The key is encrypted inside the HSM under a KEK generated for this transfer, and unwrapped from there.",
    "The passphrase of an encrypted key comes from a file, a file descriptor, an environment variable or the terminal, never from the command line.",
    "The HSM protects the key from now on, but cannot undo what happened to the clear file: remove it.",
  ],
  flags: {
    in: { kind: "text", value: "FILE", help: "file with the clear key; - is stdin", required: true },
    type: {
      kind: "text",
      value: "TYPE",
      help: "type of a raw secret key, or of a key pair that is not recognised",
      suggestions: keySpec.KEY_EXAMPLES,
    },
    ...PASSPHRASE,
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
    const file = { path: flags.in, content, passphrase: () => readPassphrase(io, flags) };
    const clear =
      flags.type === undefined ? await readClearKey(file) : await typedKey(file, keySpec.parseKeySpec(flags.type));
    const keyTemplate = importTemplate(clear, flags);
    const { keyType } = KEY_TYPES[clear.spec.type];
    const isPublic = clear.class === ck.CKO_PUBLIC_KEY;
    const { unwrapped, checkSum } = isPublic
      ? await hsm.unwrapKey(
          { mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY }, wrapped: clear.value, template: keyTemplate },
          options,
        )
      : await importClearKey(hsm, clear.value, keyTemplate, options);
    for (const copy of [content, clear.value]) copy.fill(0);
    await saveKey(io, flags, unwrapped, {
      class: clear.class,
      keyType,
      mechanism: isPublic ? ck.CKM_IBM_TRANSPORTKEY : ck.CKM_AES_CBC_PAD,
      ...(clear.class === ck.CKO_PRIVATE_KEY ? publicKeyOfCheckSum(checkSum) : { checkSum }),
    });
  },
});

/** Reads the passphrase from the source that the options name, or from the terminal. Errors: UsageError. */
async function readPassphrase(io: Io, flags: Values<typeof PASSPHRASE> & { readonly in: string }): Promise<Uint8Array> {
  const path = flags.in === "-" ? "The input" : flags.in;
  const source = { file: flags["passphrase-file"], fd: flags["passphrase-fd"], env: flags["passphrase-env"] };
  return readSecretFrom(io, source, async () => {
    const advice = "give its passphrase with --passphrase-file, --passphrase-fd or --passphrase-env";
    const typed = await io.askSecret(`Passphrase for ${path}: `).catch((cause: unknown) => {
      throw new UsageError(`${path} is encrypted: ${advice}`, { cause });
    });
    if (typed.length === 0) throw new UsageError(`${path} is encrypted: ${advice}`);
    return typed;
  });
}

/** The types of key pairs that Node can read. */
const READ_BY_NODE: readonly string[] = ["rsa", "ec", "dsa", "dh"];

async function typedKey(file: ClearFile, spec: keySpec.KeySpec): Promise<ClearKey> {
  const { type } = spec;
  const { content: value } = file;
  if (KEY_TYPES[type].publicRights !== undefined) {
    if (!READ_BY_NODE.includes(type) || spec.curve === "BLS12-381") return parseEncodedKey(value, spec);
    const found = await readClearKey(file);
    if (found.spec.type !== type) throw new UsageError(`the file holds a key of type ${found.spec.type}, not ${type}`);
    return found;
  }
  const clear = isJwk(value) ? await readClearKey(file, spec) : { class: ck.CKO_SECRET_KEY, spec, value };
  if (clear.class !== ck.CKO_SECRET_KEY)
    throw new UsageError(`the file holds a key of type ${clear.spec.type}, not ${type}`);
  if (spec.bits !== undefined && spec.bits !== clear.value.length * 8) {
    throw new UsageError(`the file holds ${clear.value.length * 8} bits, not ${spec.bits}`);
  }
  return clear;
}

function importTemplate({ class: cko, spec, value }: ClearKey, flags: keySpec.RightsFlags): ck.Template {
  const { keyType, sized } = KEY_TYPES[spec.type];
  if (cko !== ck.CKO_PUBLIC_KEY)
    return keySpec.keyTemplate(cko, spec, flags, sized ? template({ CKA_VALUE_LEN: value.length }) : undefined);
  const classAndType = template({ CKA_CLASS: cko, CKA_KEY_TYPE: keyType });
  return new Map([...classAndType, ...keySpec.publicRightsTemplate(spec, flags)]);
}
