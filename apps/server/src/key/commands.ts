/** `grep11-server key trust`: an operator says under which KEKs keys with CKA_WRAP_WITH_TRUSTED may leave. */
import { randomBytes } from "node:crypto";
import { changeTrust } from "@grep11/engine";
import { type Command, defineCommand } from "../command.ts";
import { KEYRING_FLAGS, locateKeyring } from "../keyring/locate-keyring.ts";
import { readKeyBlobFile, writeKeyBlobFile } from "./key-blob-file.ts";

export const KEY_COMMANDS: readonly Command[] = [
  defineCommand({
    name: "key trust",
    summary: "make a KEK trusted (CKA_TRUSTED), or trusted no longer: a new blob of the same key",
    details: [
      "Keys with CKA_WRAP_WITH_TRUSTED leave only under trusted KEKs; under the policy strict, so do all keys under a KEK that was not generated here. No caller can set CKA_TRUSTED.",
      "The trusted blob cannot be changed and does not leave. Hand out only it: make the KEK yourself, and keep the blob it was made from. A key that ever decrypted, encrypted, signed or derived is refused.",
      "Blobs that were trusted once stay valid: rotate and finalise the master key to recall them.",
    ],
    flags: {
      ...KEYRING_FLAGS,
      key: { kind: "text", value: "FILE", help: "key file of grep11, or the blob", required: true },
      out: { kind: "text", value: "FILE", help: "new file, of the same form; without it the result is printed" },
      imported: {
        kind: "switch",
        help: "the key was not generated here as a KEK; I know who has its value or its private half",
      },
      remove: { kind: "switch", help: "take CKA_TRUSTED away" },
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
      else
        io.out(content === blob ? Buffer.from(blob).toString("base64") : new TextDecoder().decode(content).trimEnd());
      io.say(
        trusted ? "the key is trusted; hand out only this blob" : "this blob is not trusted; earlier ones still are",
      );
      return 0;
    },
  }),
];
