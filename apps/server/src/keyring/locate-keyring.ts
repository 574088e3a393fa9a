/** Which keyring a command means, and how to open it. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Option, Values } from "../command-line.ts";
import { readConfigFile } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { KeyringStore, type SecretSource } from "./keyring-store.ts";
import { ensureKeyFile, keyFileSecret, passphraseFileSecret, typedSecret } from "./secret-source.ts";

/** Options by which every keyring command says which keyring it means. */
export const KEYRING_OPTIONS = {
  config: { value: "FILE", summary: "configuration that names the keyring (grep11.keyring)" },
  "data-dir": { value: "DIR", summary: "directory of a developer server (default ./.grep11)" },
} as const satisfies Record<string, Option>;

const DEFAULT_DATA_DIR = ".grep11";

/** A keyring file and, if it is opened by a key file, where that is. */
export interface KeyringLocation {
  readonly store: KeyringStore;
  readonly keyFile?: string;
}

/** The keyring of a developer server: its key lies beside it. */
export function keyringInDataDir(directory: string): KeyringLocation {
  const keyFile = join(directory, "keyring.key");
  return { store: new KeyringStore(join(directory, "keyring.g11"), keyFileSecret(keyFile)), keyFile };
}

/** The keyring a configuration names; without keyfile and passphrasefile the passphrase is asked for. */
export function keyringOfConfig({ file, keyfile, passphrasefile }: Config["grep11"]["keyring"]): KeyringLocation {
  if (keyfile !== undefined) return { store: new KeyringStore(file, keyFileSecret(keyfile)), keyFile: keyfile };
  const secret: SecretSource =
    passphrasefile === undefined ? typedSecret(`passphrase of ${file}: `) : passphraseFileSecret(passphrasefile);
  return { store: new KeyringStore(file, secret) };
}

/** The keyring that the options of a command name. */
export async function locateKeyring(
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KeyringLocation> {
  const config = values.text("config");
  if (config === undefined) return keyringInDataDir(values.text("data-dir") ?? DEFAULT_DATA_DIR);
  return keyringOfConfig((await readConfigFile(config, environment)).grep11.keyring);
}

/** Make the key file of a location that wants one and has none. */
export async function ensureKey({ keyFile }: KeyringLocation): Promise<void> {
  if (keyFile !== undefined) await ensureKeyFile(keyFile);
}

/** Is there a keyring at this place? */
export async function isPresent({ store }: KeyringLocation): Promise<boolean> {
  return access(store.file).then(
    () => true,
    () => false,
  );
}
