/** Parses settings files in YAML or JSON, with our own keys or with those of IBM's PKCS #11 library (grep11client.yaml). */
import { UsageError } from "@grep11/command-line";

/** The keys of a settings file with their meanings. */
export const FILE_KEYS = {
  address: "host:port or URL",
  caCert: "PEM file with the CA certificates for the server",
  clientCert: "PEM file with this client's certificate chain",
  clientKey: "PEM file with its private key",
  serverName: "name that the server's certificate must have",
  tokenFile: "file with a bearer token",
  apikeyFile: "file with an IAM API key",
  apikey: "the IAM API key itself",
  iamEndpoint: "URL of IAM",
};

/** The content of a settings file. Paths are relative to the folder of the file. */
export type FileSettings = { readonly [Key in keyof typeof FILE_KEYS]?: string };

/** Parses the content of the file `path`. Errors: UsageError with the path and the invalid key. */
export async function parseSettingsFile(text: string, path: string): Promise<FileSettings> {
  // The parser is imported only here, because most runs of the program have no settings file.
  const { parse } = await import("yaml");
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message.split("\n")[0]}`, { cause: error });
  }
  if (content === null || content === undefined) return {};
  if (!isObject(content)) throw new UsageError(`${path}: expected keys with values`);
  const settings = "tokens" in content ? fromIbmFile(content, path) : content;
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(FILE_KEYS, key)) throw new UsageError(`${path}: ${key} is not a setting`);
    if (typeof value !== "string") throw new UsageError(`${path}: ${key} must be text`);
  }
  return settings;
}

/**
 * Converts a settings file of IBM, which lists tokens by number. Uses the first token that has a `grep11connection`, and the API
 * key in `iamcredentialtemplate`. Everything else, such as key stores, is ignored.
 */
function fromIbmFile(content: Record<string, unknown>, path: string): FileSettings {
  const tokens = Object.values(at(content, "tokens") ?? {}).filter(isObject);
  const connection = tokens.map((token) => at(token, "grep11connection")).find((found) => found !== undefined);
  if (connection === undefined) throw new UsageError(`${path}: no token has a grep11connection`);
  const tls = at(connection, "tls") ?? {};
  const iam = at(content, "iamcredentialtemplate") ?? {};
  const scheme = tls.enabled === true ? "https" : "http";
  const settings = {
    address: `${scheme}://${connection.address}:${connection.port ?? 9876}`,
    ...(tls.enabled === true ? { caCert: tls.cacert } : {}),
    ...(tls.enabled === true && tls.mutual === true ? { clientCert: tls.certfile, clientKey: tls.keyfile } : {}),
    ...(iam.enabled === true ? { apikey: iam.apikey, iamEndpoint: iam.endpoint } : {}),
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return Object.fromEntries(given) as FileSettings;
}

function at(parent: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
  const value = parent[key];
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
