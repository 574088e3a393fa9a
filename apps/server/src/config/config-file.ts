/** Reads the configuration from its file. */
import { requirePrivate } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import { NoConfigError } from "./config-error.ts";
import type { Environment } from "./environment.ts";
import type { LoadedConfig } from "./load.ts";

/**
 * Reads and validates a configuration file. Because the file controls access, it is refused if it is world-writable; if it
 * contains a private key, it must be as private as a key file. Errors: {@link ConfigError}, FileRefusedError.
 */
export async function readConfigFile(path: string, environment: Environment): Promise<LoadedConfig> {
  const { content, status } = await readTrustedFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new NoConfigError(path) : error;
  });
  // Imported only here, because the schema takes longer to load than the rest of the program.
  const { parseConfig } = await import("./load.ts");
  const config = parseConfig(new TextDecoder().decode(content), path, environment);
  if (config.hasPrivateKey)
    await requirePrivate(path, status, { groupReadable: config.grep11.allowGroupReadableSecrets });
  return config;
}
