import { spkiOf } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { formatPrivateKey, formatPublicKey } from "../clear-key/format.ts";
import { defineCommand } from "../command.ts";
import { publicHalf, readPublicKey } from "../keys/key-file.ts";
import { exportClearKey } from "../keys/transport-kek.ts";
import { OUT } from "../terminal/flags.ts";
import { remark, writeData } from "../terminal/output.ts";

export const keyExport = defineCommand({
  name: "key export",
  summary: "export a key from the HSM in clear, or a public key for others",
  details: [
    "With --public the public key is written as PEM, without using the HSM. Otherwise the key itself leaves the HSM: secret keys as raw bytes, private keys as PKCS #8 in PEM. The HSM refuses that unless the key was made with --extractable. Edwards and Montgomery keys are written in the encoding of RFC 8410, not in that of the HSM.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "key file", required: true },
    public: { kind: "switch", help: "export the public key" },
    form: { kind: "choice", choices: ["pem", "der"], help: "encoding of private and public keys", default: "pem" },
    ...OUT,
  },
  examples: ["grep11 key export --key wallet.key --public", "grep11 key export --key aes.key --out aes.bin"],
  async run({ hsm, options, io, flags }) {
    const key = await readPublicKey(io, flags.key);
    const details = { keyType: ck.ckkName(key.keyType) };
    const text = flags.form === "pem";
    if (flags.public) {
      const spki = formatPublicKey(spkiOf(publicHalf(key)), flags.form);
      return writeData(io, flags, spki, { name: "publicKey", details, text });
    }
    const clear = await exportClearKey(hsm, key.blob, options);
    const isPrivate = key.class === ck.CKO_PRIVATE_KEY;
    const data = isPrivate ? formatPrivateKey(clear, flags.form) : clear;
    await writeData(io, flags, data, { name: "key", details, text: text && isPrivate, mode: 0o600 });
    await remark(
      io,
      "this key is now outside the HSM, where nothing protects it; anyone who has the bytes has the key",
    );
  },
});
