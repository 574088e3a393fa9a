/** Which keyring a command means, and how to open it. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Flags, Values } from "@grep11/command-line";
import { readConfigFile } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { SecretRights } from "../files/private-file.ts";
import { KeyringStore, type SecretSource } from "./keyring-store.ts";
import { ensureKeyFile, keyFileSecret, passphraseFileSecret, typedSecret } from "./secret-source.ts";

/** Options by which every keyring command says which keyring it means. */
export const KEYRING_FLAGS = {
  config: { kind: "text", value: "FILE", help: "configuration that names the keyring (grep11.keyring)" },
  "data-dir": {
    kind: "text",
    value: "DIR",
    help: "directory of a developer server, without --config",
    default: "./.grep11",
  },
} as const satisfies Flags;

/** A keyring file and, if it is opened by a key file, where that is. */
export interface KeyringLocation {
  readonly store: KeyringStore;
  readonly keyFile?: string;
  readonly rights?: SecretRights;
}

/** The keyring of a developer server: its key lies beside it. */
export function keyringInDataDir(directory: string): KeyringLocation {
  const keyFile = join(directory, "keyring.key");
  return { store: new KeyringStore(join(directory, "keyring.g11"), keyFileSecret(keyFile)), keyFile };
}

/** The keyring a configuration names; without keyfile and passphrasefile the passphrase is asked for. */
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

/** The keyring that the options of a command name. */
export async function locateKeyring(
  flags: Values<typeof KEYRING_FLAGS>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KeyringLocation> {
  if (flags.config === undefined) return keyringInDataDir(flags["data-dir"]);
  return keyringOfConfig((await readConfigFile(flags.config, environment)).grep11);
}

/** Make the key file of a location that wants one and has none. */
export async function ensureKey({ keyFile, rights }: KeyringLocation): Promise<void> {
  if (keyFile !== undefined) await ensureKeyFile(keyFile, rights);
}

/** Is there a keyring at this place? */
export async function isPresent({ store }: KeyringLocation): Promise<boolean> {
  return access(store.file).then(
    () => true,
    () => false,
  );
}
