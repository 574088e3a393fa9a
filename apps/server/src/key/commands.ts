/** Defines `grep11-server key trust`, by which an operator marks the KEKs that may wrap keys with CKA_WRAP_WITH_TRUSTED. */
import { randomBytes } from "node:crypto";
import { changeTrust } from "@grep11/engine";
import { defineCommand } from "../command.ts";
import { KEYRING_FLAGS, locateKeyring } from "../keyring/locate-keyring.ts";
import { readKeyBlobFile, writeKeyBlobFile } from "./key-blob-file.ts";

export const KEY_TRUST = defineCommand({
  name: "key trust",
  summary: "mark a KEK as trusted (CKA_TRUSTED), or as no longer trusted, in a new blob of the same key",
  details: [
    "Keys with CKA_WRAP_WITH_TRUSTED can be wrapped only under trusted KEKs. Under the policy strict, a KEK that was not generated here must be trusted to wrap any key. No caller can set CKA_TRUSTED.",
    "The trusted blob cannot be modified or exported. Generate the KEK yourself, hand out only the trusted blob, and keep the original. A key that was ever allowed to decrypt, encrypt, sign or derive is refused.",
    "Blobs that were marked as trusted stay valid: rotate and finalise the master key to revoke them.",
  ],
  flags: {
    ...KEYRING_FLAGS,
    key: { kind: "text", value: "FILE", help: "key file of grep11, or file with the blob", required: true },
    out: { kind: "text", value: "FILE", help: "new file in the same format; without it the result is printed" },
    imported: {
      kind: "switch",
      help: "accept a key that was not generated here as a KEK; you vouch for whoever has its value or private key",
    },
    remove: { kind: "switch", help: "remove CKA_TRUSTED" },
  },
  examples: [
    "grep11-server key trust --key kek.key --out trusted-kek.key --config grep11.yaml",
    "grep11-server key trust --key partner.pub.key --imported --out trusted-partner.key --config grep11.yaml",
    "grep11-server key trust --key trusted-kek.key --remove --out kek.key --config grep11.yaml",
  ],
  async run({ flags, io }) {
    const file = await readKeyBlobFile(flags.key);
    const { store } = await locateKeyring(flags, io.environment);
    const keyring = await store.read();
    const trusted = !flags.remove;
    const view = {
      generation: 0,
      sealingKey: () => keyring.sealingKey(),
      openingKey: (wkid: Uint8Array) => keyring.openingKey(wkid),
      nextCommittedKey: () => keyring.nextCommittedKey(),
    };
    const blob = changeTrust(view, file.blob, { trusted, imported: flags.imported }, randomBytes);
    const closed = trusted ? { CKA_MODIFIABLE: false, CKA_EXTRACTABLE: false } : {};
    const content = file.with(blob, { CKA_TRUSTED: trusted, ...closed });
    if (flags.out !== undefined) await writeKeyBlobFile(flags.out, content);
    else io.out(content === blob ? Buffer.from(blob).toString("base64") : new TextDecoder().decode(content).trimEnd());
    io.err(
      trusted ? "the key is trusted; hand out only this blob" : "this blob is not trusted; earlier ones still are",
    );
    return 0;
  },
});
