/** Where the secret of a keyring may come from: a key file, a passphrase file, a terminal. Never the command line. */
import { randomBytes } from "node:crypto";
import type { UnsealSecret } from "@grep11/engine";
import { readPrivateFile, readPrivateFileIfAny, type SecretRights, writePrivateFile } from "../files/private-file.ts";
import type { SecretSource } from "./keyring-store.ts";

const KEY_BYTES = 32;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** 32 bytes in a file of mode 0600, or of what `rights` permit. */
export function keyFileSecret(path: string, rights?: SecretRights): SecretSource {
  return async () => ({ kind: "key", bytes: await readPrivateFile(path, rights) });
}

/** Make the key file of {@link keyFileSecret} unless there is one. */
export async function ensureKeyFile(path: string, rights?: SecretRights): Promise<void> {
  if ((await readPrivateFileIfAny(path, rights)) !== undefined) return;
  const key = randomBytes(KEY_BYTES);
  await writePrivateFile(path, key, rights);
  key.fill(0);
}

/** A passphrase in such a file; one newline at its end does not count. */
export function passphraseFileSecret(path: string, rights?: SecretRights): SecretSource {
  return async () => ({ kind: "passphrase", bytes: withoutNewline(await readPrivateFile(path, rights)) });
}

/** A passphrase typed at the terminal and not shown. Errors: Error without a terminal. */
export function typedSecret(prompt: string): SecretSource {
  return async (): Promise<UnsealSecret> => ({ kind: "passphrase", bytes: await typeHidden(prompt) });
}

function withoutNewline(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] === NEWLINE) end--;
  if (bytes[end - 1] === CARRIAGE_RETURN) end--;
  return bytes.subarray(0, end);
}

/** One line from the terminal in raw mode, as bytes. */
async function typeHidden(prompt: string): Promise<Uint8Array> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new Error("no terminal to ask for the passphrase: name a keyfile or a passphrasefile");
  stderr.write(prompt);
  stdin.setRawMode(true);
  const typed: number[] = [];
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      for (const byte of chunk) {
        if (byte === 0x03) throw new Error("interrupted");
        if (byte === NEWLINE || byte === CARRIAGE_RETURN) return Uint8Array.from(typed);
        if (byte === 0x7f || byte === 0x08) typed.pop();
        else typed.push(byte);
      }
    }
    return Uint8Array.from(typed);
  } finally {
    typed.fill(0);
    stdin.setRawMode(false);
    stderr.write("\n");
  }
}
