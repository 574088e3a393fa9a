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
  summary: "take a key out of the HSM in clear, or write a public key for others",
  details: [
    "With --public the public half is written as PEM, which needs no HSM. Otherwise the key itself leaves the HSM: secret keys as raw bytes, private keys as PKCS #8 in PEM. The HSM refuses that unless the key was made with --extractable. Edwards and Montgomery keys are written as RFC 8410 has them, not in the HSM's own encoding.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "key file", required: true },
    public: { kind: "switch", help: "the public half" },
    form: { kind: "choice", choices: ["pem", "der"], help: "how private and public keys are written", default: "pem" },
    ...OUT,
  },
  examples: ["grep11 key export --key wallet.key --public", "grep11 key export --key aes.key --out aes.bin"],
  async run({ hsm, options, io, flags }) {
    const key = await readPublicKey(io, flags.key);
    const facts = { keyType: ck.ckkName(key.keyType) };
    const text = flags.form === "pem";
    if (flags.public) {
      const spki = formatPublicKey(spkiOf(publicHalf(key)), flags.form);
      return writeData(io, flags, spki, { name: "publicKey", facts, text });
    }
    const clear = await exportClearKey(hsm, key.blob, options);
    const isPrivate = key.class === ck.CKO_PRIVATE_KEY;
    const data = isPrivate ? formatPrivateKey(clear, flags.form) : clear;
    await writeData(io, flags, data, { name: "key", facts, text: text && isPrivate, mode: 0o600 });
    await remark(io, "this key is now outside the HSM, where nothing protects it; whoever has the bytes has the key");
  },
});
