import { template } from "@grep11/client";
import { JSON_OUTPUT } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { openSource, readWhole } from "../files/files.ts";
import { type KeyFile, publicHalf, publicKeyOfCheckSum, readKey, readPublicKey } from "../keys/key-file.ts";
import { saveKey } from "../keys/key-report.ts";
import { givenSize, KEY_EXAMPLES, keyTemplate, parseKeySpec } from "../keys/key-spec.ts";
import { KEY_TYPES } from "../keys/key-types.ts";
import { withCarriedIv, withFreshIv } from "../mechanisms/carried-iv.ts";
import { defaultCipher } from "../mechanisms/default-mechanism.ts";
import { chooseMechanism } from "../mechanisms/mechanism-syntax.ts";
import { KEY_OUT, MECHANISM, OUT, RIGHTS } from "../terminal/flags.ts";
import type { Io } from "../terminal/io.ts";
import { writeData } from "../terminal/output.ts";

const DEFAULTS =
  "By default an AES KEK uses CKM_AES_CBC_PAD, a DES KEK CKM_DES3_CBC_PAD, both with a random IV before the wrapped key, and an RSA KEK CKM_RSA_PKCS_OAEP with SHA-256. Secret keys are wrapped as raw bytes, private keys as PKCS #8.";

export const wrap = defineCommand({
  name: "wrap",
  summary: "encrypt a key under another key (KEK)",
  details: [DEFAULTS],
  flags: {
    key: { kind: "text", value: "FILE", help: "key to wrap; made with --extractable", required: true },
    kek: { kind: "text", value: "FILE", help: "key that wraps: key file, public key or certificate", required: true },
    "mac-key": { kind: "text", value: "FILE", help: "key for the MAC of attribute-bound wrapping" },
    ...OUT,
    ...MECHANISM,
  },
  examples: ["grep11 wrap --key data.key --kek kek.key --out data.wrapped"],
  async run({ hsm, options, io, flags }) {
    const key = await readKey(io, flags.key);
    const kek = await readPublicKey(io, flags.kek);
    const { mech, prefix } = withFreshIv(chooseMechanism(flags, () => defaultCipher(kek)));
    const wrapping = kek.fromOutside ? await importPublicKek(hsm, kek, options) : publicHalf(kek);
    const macKey = await macKeyIn(io, flags);
    const { wrapped } = await hsm.wrapKey({ mech, key: key.blob, kek: wrapping, ...macKey }, options);
    const details = { mechanism: ck.ckmName(mech.mechanism) };
    await writeData(io, flags, Buffer.concat([prefix, wrapped]), { name: "wrapped", details });
  },
});

async function macKeyIn(
  io: Io,
  { "mac-key": file }: { "mac-key": string | undefined },
): Promise<{ macKey?: Uint8Array }> {
  return file === undefined ? {} : { macKey: (await readKey(io, file)).blob };
}

/** Imports a public key of other software with the right to wrap, because only keys of the HSM can wrap. */
async function importPublicKek(hsm: ck.Ep11, { keyType, blob }: KeyFile, options: ck.CallOptions): Promise<Uint8Array> {
  const mech = { mechanism: ck.CKM_IBM_TRANSPORTKEY };
  const keyTemplate = template({ CKA_CLASS: ck.CKO_PUBLIC_KEY, CKA_KEY_TYPE: keyType, CKA_WRAP: true });
  const { unwrapped } = await hsm.unwrapKey({ mech, wrapped: blob, template: keyTemplate }, options);
  return ck.sealedBytes(unwrapped);
}

/** Maximum length of a wrapped key in bytes. */
const WRAPPED_BYTES = 1 << 16;

export const unwrap = defineCommand({
  name: "unwrap",
  summary: "import a wrapped key into the HSM",
  details: [
    DEFAULTS,
    "The key gets only the rights of --usage and --attr. Unwrapping with RSA_PKCS requires the size of the key, as in aes:256, because the padding does not reliably determine it.",
  ],
  flags: {
    in: { kind: "text", value: "FILE", help: "file with the wrapped key", required: true },
    kek: { kind: "text", value: "FILE", help: "key that unwraps", required: true },
    "mac-key": { kind: "text", value: "FILE", help: "key for the MAC of attribute-bound wrapping" },
    type: {
      kind: "text",
      value: "TYPE",
      help: "type of the key: aes, des3, generic:BITS, rsa, ec, ed25519, ...",
      default: "aes",
      suggestions: KEY_EXAMPLES,
    },
    ...KEY_OUT,
    ...RIGHTS,
    ...MECHANISM,
    ...JSON_OUTPUT,
  },
  examples: ["grep11 unwrap --in data.wrapped --kek kek.key --type aes --out data.key"],
  async run({ hsm, options, io, flags }) {
    const kek = await readKey(io, flags.kek);
    const source = await openSource(io, flags.in);
    const chosen = chooseMechanism(flags, () => defaultCipher(kek));
    const { mech, data } = await withCarriedIv(chosen, source.data);
    const spec = parseKeySpec(flags.type);
    const { keyType, publicRights } = KEY_TYPES[spec.type];
    const cko = publicRights !== undefined ? ck.CKO_PRIVATE_KEY : ck.CKO_SECRET_KEY;
    const macKey = await macKeyIn(io, flags);
    const size = cko === ck.CKO_SECRET_KEY ? givenSize(spec) : undefined;
    const wrapped = await readWhole(data, WRAPPED_BYTES);
    const request = { mech, wrapped, kek: kek.blob, template: keyTemplate(cko, spec, flags, size), ...macKey };
    const { unwrapped, checkSum } = await hsm.unwrapKey(request, options);
    const about = cko === ck.CKO_PRIVATE_KEY ? publicKeyOfCheckSum(checkSum) : { checkSum };
    await saveKey(io, flags, unwrapped, { class: cko, keyType, mechanism: mech.mechanism, ...about });
  },
});
