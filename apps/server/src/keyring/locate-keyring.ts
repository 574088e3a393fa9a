/** Finds the keyring that a command uses, and the secret that opens it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Flags, Values } from "@grep11/command-line";
import { readConfigFile } from "../config/config-file.ts";
import type { Config } from "../config/schema.ts";
import type { SecretRights } from "../files/private-file.ts";
import { KeyringStore, type SecretSource } from "./keyring-store.ts";
import { ensureKeyFile, keyFileSecret, passphraseFileSecret, typedSecret } from "./secret-source.ts";

/** The options by which keyring commands select the keyring. */
export const KEYRING_FLAGS = {
  config: { kind: "text", value: "FILE", help: "configuration that names the keyring (grep11.keyring)" },
  "data-dir": {
    kind: "text",
    value: "DIR",
    help: "directory of a developer server, without --config",
    default: "./.grep11",
  },
} as const satisfies Flags;

/** A keyring file, and the path of its key file if a key opens it. */
interface KeyringLocation {
  readonly store: KeyringStore;
  readonly keyFile?: string;
  readonly rights?: SecretRights;
}

/** Returns the keyring of a developer server. Its key file is in the same directory. */
export function keyringInDataDir(directory: string): KeyringLocation {
  const keyFile = join(directory, "keyring.key");
  return { store: new KeyringStore(join(directory, "keyring.g11"), keyFileSecret(keyFile)), keyFile };
}

/** Returns the keyring of a configuration. Without a key file and a passphrase file, the user types the passphrase. */
export function keyringOfConfig({ keyring, allowGroupReadableSecrets }: Config["grep11"]): KeyringLocation {
  const { file, keyfile, passphrasefile } = keyring;
  const rights = { groupReadable: allowGroupReadableSecrets };
  if (keyfile !== undefined)
    return { store: new KeyringStore(file, keyFileSecret(keyfile, rights), rights), keyFile: keyfile, rights };
  const secret: SecretSource =
    passphrasefile === undefined
      ? typedSecret(`passphrase of ${file}: `)
      : passphraseFileSecret(passphrasefile, rights);
  return { store: new KeyringStore(file, secret, rights), rights };
}

export async function locateKeyring(
  flags: Values<typeof KEYRING_FLAGS>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KeyringLocation> {
  if (flags.config === undefined) return keyringInDataDir(flags["data-dir"]);
  return keyringOfConfig((await readConfigFile(flags.config, environment)).grep11);
}

/** Creates the key file of the keyring if the location names one and the file is missing. */
export async function ensureKey({ keyFile, rights }: KeyringLocation): Promise<void> {
  if (keyFile !== undefined) await ensureKeyFile(keyFile, rights);
}

export function isPresent({ store }: KeyringLocation): boolean {
  return existsSync(store.file);
}
