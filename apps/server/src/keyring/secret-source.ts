/** Gets the secret that opens a keyring from a key file, a passphrase file or the terminal, but never from the command line. */
import { randomBytes } from "node:crypto";
import { readHiddenLine } from "@grep11/command-line";
import { explainMissing, ifPresent } from "../files/missing-file.ts";
import { readPrivateFile, type SecretRights, writePrivateFile } from "../files/private-file.ts";
import { FileRefusedError } from "../files/regular-file.ts";
import type { SecretSource } from "./keyring-store.ts";

const KEY_BYTES = 32;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Returns a source that reads a 32-byte key from a secret file. Errors of the source: MissingFileError, FileRefusedError. */
export function keyFileSecret(path: string, rights?: SecretRights): SecretSource {
  return async () => {
    const what = "grep11.keyring.keyfile";
    const bytes = await explainMissing(readPrivateFile(path, rights), { what, path, ...RESTORE });
    if (bytes.length === KEY_BYTES) return { kind: "key", bytes };
    bytes.fill(0);
    const reason = `it has ${bytes.length} bytes and the key of a keyring has ${KEY_BYTES}`;
    throw new FileRefusedError(path, reason, "name the right file, or restore it from a backup");
  };
}

const RESTORE = { remedy: "correct the path, or restore the file from a backup" } as const;

/** Creates a key file with a random key, unless it exists. */
export async function ensureKeyFile(path: string, rights?: SecretRights): Promise<void> {
  if ((await ifPresent(readPrivateFile(path, rights))) !== undefined) return;
  const key = randomBytes(KEY_BYTES);
  await writePrivateFile(path, key, rights);
  key.fill(0);
}

/** Returns a source that reads a passphrase from a secret file. One line ending at the end of the file is ignored. */
export function passphraseFileSecret(path: string, rights?: SecretRights): SecretSource {
  return async () => {
    const what = "grep11.keyring.passphrasefile";
    const content = await explainMissing(readPrivateFile(path, rights), { what, path, ...RESTORE });
    return { kind: "passphrase", bytes: withoutNewline(content) };
  };
}

/** Returns a source that prompts for a passphrase at the terminal, without echo. Throws if there is no terminal. */
export function typedSecret(prompt: string): SecretSource {
  return async () => {
    if (!process.stdin.isTTY)
      throw new Error(
        "there is no terminal to prompt for the passphrase of the keyring; set grep11.keyring.passphrasefile, or grep11.keyring.keyfile if a key opens it",
      );
    const interrupt = () => {
      throw new Error("interrupted");
    };
    return { kind: "passphrase", bytes: await readHiddenLine(prompt, interrupt) };
  };
}

function withoutNewline(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] === NEWLINE) end--;
  if (bytes[end - 1] === CARRIAGE_RETURN) end--;
  return bytes.subarray(0, end);
}
