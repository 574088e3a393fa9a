import { mechanism as build } from "@grep11/client";
import { JSON_OUTPUT, UsageError, type Values } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { readBytes, writeFile } from "../files/files.ts";
import { type KeyFile, publicHalf, readKey, readPublicKey } from "../keys/key-file.ts";
import { saveKey } from "../keys/key-report.ts";
import { keyTemplate, NEW_SECRET_KEY, parseKeySpec, sizeTemplate } from "../keys/key-spec.ts";
import { KEY_TYPES } from "../keys/key-types.ts";
import { KEY_OUT, RIGHTS } from "../terminal/flags.ts";
import type { Io } from "../terminal/io.ts";
import { parseHex } from "../terminal/output.ts";

const SHARED_KEY = {
  ...NEW_SECRET_KEY,
  secret: {
    kind: "text",
    value: "FILE",
    help: "second secret to mix in (hybrid): a generic secret with --attr IBM_USE_AS_DATA=true",
  },
  kdf: {
    kind: "choice",
    choices: ["none", "sha1", "sha224", "sha256", "sha384", "sha512"],
    help: "key derivation function of a hybrid",
    default: "sha256",
  },
  prepend: { kind: "switch", help: "put the secret of the KEM first in a hybrid" },
  shared: { kind: "text", value: "HEX", help: "shared info for the key derivation of a hybrid" },
  ...KEY_OUT,
  ...RIGHTS,
  ...JSON_OUTPUT,
} as const;

const DETAILS =
  "Two parties get the same secret key: one encapsulates with the other's public key (ml-kem, kyber), and the other decapsulates the ciphertext. Type, size and the options of a hybrid must be the same on both sides.";

export const encapsulate = defineCommand({
  name: "encapsulate",
  summary: "create a secret key shared with the owner of a public key",
  details: [DETAILS],
  flags: {
    key: { kind: "text", value: "FILE", help: "public key of the other party, or key pair", required: true },
    ciphertext: { kind: "text", value: "FILE", help: "file to write the ciphertext to", required: true },
    ...SHARED_KEY,
  },
  examples: ["grep11 encapsulate --key theirs.key --ciphertext ct.bin --out shared.key"],
  async run({ hsm, options, io, flags }) {
    const key = await readPublicKey(io, flags.key);
    const mech = build.encapsulate(await kemOptions(io, key, flags));
    const checkSum = await deriveShared(hsm, mech, publicHalf(key), io, flags, options);
    await writeFile(io, flags.ciphertext, [build.kemCiphertext(checkSum)]);
  },
});

export const decapsulate = defineCommand({
  name: "decapsulate",
  summary: "recover the secret key that another party created with encapsulate",
  details: [DETAILS],
  flags: {
    key: { kind: "text", value: "FILE", help: "key pair", required: true },
    ciphertext: { kind: "text", value: "FILE", help: "file with the ciphertext", required: true },
    ...SHARED_KEY,
  },
  examples: ["grep11 decapsulate --key mine.key --ciphertext ct.bin --out shared.key"],
  async run({ hsm, options, io, flags }) {
    const key = await readKey(io, flags.key);
    const ciphertext = await readBytes(io, flags.ciphertext);
    const mech = build.decapsulate({ ...(await kemOptions(io, key, flags)), ciphertext });
    await deriveShared(hsm, mech, key.blob, io, flags, options);
  },
});

type SharedKeyFlags = Values<typeof SHARED_KEY>;

function kemOf(key: KeyFile): "kyber" | "ml-kem" {
  if (key.keyType === ck.CKK_IBM_ML_KEM) return "ml-kem";
  if (key.keyType === ck.CKK_IBM_PQC_KYBER) return "kyber";
  throw new UsageError("the key is neither an ml-kem nor a kyber key");
}

async function kemOptions(io: Io, key: KeyFile, flags: SharedKeyFlags): Promise<build.KemOptions> {
  const kem = kemOf(key);
  if (flags.secret === undefined) {
    if (flags.prepend || flags.shared !== undefined) throw new UsageError("--prepend and --shared need a --secret");
    return { kem };
  }
  const { blob: secret } = await readKey(io, flags.secret);
  const kdf = flags.kdf === "none" ? "concatenate" : flags.kdf;
  const sharedData = flags.shared === undefined ? {} : { sharedData: parseHex(flags.shared, "--shared") };
  return { kem, secret, kdf, prepend: flags.prepend, ...sharedData };
}

/** Derives the shared key, writes its file, and returns the CheckSum of the response. */
async function deriveShared(
  hsm: ck.Ep11,
  mech: ck.Mechanism,
  baseKey: ck.KeyArgument,
  io: Io,
  flags: SharedKeyFlags,
  options: ck.CallOptions,
): Promise<Uint8Array> {
  const spec = parseKeySpec(flags.type);
  const { keyType, publicRights } = KEY_TYPES[spec.type];
  if (publicRights !== undefined)
    throw new UsageError("the new key must be a secret key: aes:BITS, des3, generic:BITS");
  const template = keyTemplate(ck.CKO_SECRET_KEY, spec, flags, sizeTemplate(spec));
  const { newKey, checkSum } = await hsm.deriveKey({ mech, baseKey, template }, options);
  const about = { class: ck.CKO_SECRET_KEY, keyType, mechanism: mech.mechanism };
  await saveKey(io, flags, newKey, { ...about, checkSum: build.kemCheckValue(checkSum) });
  return checkSum;
}
