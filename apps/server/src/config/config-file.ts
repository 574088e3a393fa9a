import { ifPresent } from "../files/missing-file.ts";
import { requirePrivate } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import { NoConfigError } from "./config-error.ts";
import type { Environment } from "./environment.ts";
import type { LoadedConfig } from "./load.ts";

/**
 * Reads and validates a configuration file. A world-writable file is refused, because it controls access. A file that contains a
 * private key must be as private as a key file. Errors: ConfigError, FileRefusedError.
 */
export async function readConfigFile(path: string, environment: Environment): Promise<LoadedConfig> {
  const file = await ifPresent(readTrustedFile(path));
  if (file === undefined) throw new NoConfigError(path);
  // The schema takes longer to load than the rest of the program, so it is imported only here.
  const { parseConfig } = await import("./load.ts");
  const config = parseConfig(new TextDecoder().decode(file.content), path, environment);
  const rights = { groupReadable: config.grep11.allowGroupReadableSecrets };
  if (config.hasPrivateKey) await requirePrivate(path, file.status, rights);
  return config;
}
