import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Values } from "@grep11/command-line";
import { readBytes } from "../files/files.ts";
import { isCertificate, isPrivateKey, type PemCheck, requirePair, requirePem } from "../keys/pem.ts";
import type { CONNECTION_FLAGS } from "../terminal/flags.ts";
import type { Io } from "../terminal/io.ts";
import { type FileSettings, parseSettingsFile } from "./settings-file.ts";

/** Everything that is needed to connect. It contains the contents of files, not their paths. */
export interface Settings {
  /** The address of the server: host:port or a URL. */
  readonly address: string;
  /** The certificates of the CAs in PEM. */
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly serverName?: string;
  readonly token?: string;
  readonly apikey?: string;
  readonly iamEndpoint?: string;
}

/** The port of GREP11 servers by default. */
export const DEFAULT_PORT = 9876;

/** The address to connect to if no address is given: a server on this machine. */
export const DEFAULT_ADDRESS = `localhost:${DEFAULT_PORT}`;

/** Names of settings files. They are searched for in the working directory and then in the user's configuration directory. */
export const SETTINGS_FILES = ["grep11client.yaml", "grep11client.yml", "grep11client.json"] as const;

/**
 * Determines the settings of this run. Options override the environment, which overrides the settings file. If an API key or
 * token comes from an option or the environment, a settings file in the working directory is ignored. It could name another
 * server, which would then get the credential. Errors: UsageError for files that cannot be read or are invalid.
 */
export async function resolveSettings(io: Io, flags: Values<typeof CONNECTION_FLAGS>): Promise<Settings> {
  const { env } = io;
  const apikey = (await readOptional(io, flags["apikey-file"])) ?? nonEmpty(env.GREP11_APIKEY);
  const token = await readOptional(io, flags["token-file"]);
  const hasCredential = apikey !== undefined || token !== undefined;
  const file = await readSettingsFile(io, flags.config, !hasCredential);
  const pem = async (path: string | undefined, check: PemCheck) =>
    path === undefined ? undefined : requirePem(await readBytes(io, path), path, check);
  const settings = defined({
    address: flags.address ?? nonEmpty(env.GREP11_ADDRESS) ?? file.address ?? DEFAULT_ADDRESS,
    ca: await pem(flags["ca-cert"] ?? nonEmpty(env.GREP11_CA_CERT) ?? file.caCert, isCertificate),
    cert: await pem(flags["client-cert"] ?? nonEmpty(env.GREP11_CLIENT_CERT) ?? file.clientCert, isCertificate),
    key: await pem(flags["client-key"] ?? nonEmpty(env.GREP11_CLIENT_KEY) ?? file.clientKey, isPrivateKey),
    serverName: flags["server-name"] ?? file.serverName,
    ...(hasCredential ? { token, apikey } : await credentialsIn(io, file)),
    iamEndpoint: flags["iam-endpoint"] ?? nonEmpty(env.GREP11_IAMENDPOINT) ?? file.iamEndpoint,
  });
  requirePair(settings);
  return settings;
}

async function credentialsIn(io: Io, file: FileSettings) {
  const apikey = file.apikey ?? (await readOptional(io, file.apikeyFile));
  return { token: await readOptional(io, file.tokenFile), apikey };
}

async function readSettingsFile(io: Io, named: string | undefined, trustCwd: boolean): Promise<FileSettings> {
  const configHome = nonEmpty(io.env.XDG_CONFIG_HOME) ?? join(nonEmpty(io.env.HOME) ?? homedir(), ".config");
  const folders = [...(trustCwd ? [io.cwd] : []), join(configHome, "grep11")];
  const candidates =
    named === undefined ? folders.flatMap((folder) => SETTINGS_FILES.map((name) => join(folder, name))) : [named];
  for (const path of candidates) {
    if (named === undefined && !existsSync(resolve(io.cwd, path))) continue;
    const settings = await parseSettingsFile(new TextDecoder().decode(await readBytes(io, path)), path);
    return withPathsFrom(dirname(resolve(io.cwd, path)), settings);
  }
  return {};
}

/** Makes the paths in a settings file, which are relative to its folder, absolute. */
function withPathsFrom(folder: string, settings: FileSettings): FileSettings {
  const paths = (["caCert", "clientCert", "clientKey", "apikeyFile", "tokenFile"] as const).flatMap((name) => {
    const path = settings[name];
    return path === undefined ? [] : [[name, resolve(folder, path)]];
  });
  return { ...settings, ...Object.fromEntries(paths) };
}

async function readOptional(io: Io, path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : new TextDecoder().decode(await readBytes(io, path)).trim();
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** Returns `value` without its undefined properties. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
