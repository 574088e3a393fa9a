/** TLS material of the configuration: from files or from the configuration itself, as PEM. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsOptions } from "@grep11/grpc-server";
import { ConfigError } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { explainMissing } from "../files/missing-file.ts";
import { readPrivateFile, type SecretRights } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";

type TlsSettings = Config["ep11crypto"]["connection"]["tls"];

/**
 * What a listener with TLS needs; read anew at every call, so that renewed certificates can be taken up. Errors:
 * {@link ConfigError} for what is not a certificate or key, and for a key of another certificate; MissingFileError; those of
 * reading files.
 */
export async function readTls(tls: TlsSettings, rights: SecretRights): Promise<TlsOptions> {
  const cert = await pem(tls, "certfile", "certfilebytes", readPublic);
  const key = await pem(tls, "keyfile", "keyfilebytes", (path) => readPrivateFile(path, rights));
  const certificate = understood(tls, "certfile", "certificate", () => new X509Certificate(cert));
  const privateKey = understood(tls, "keyfile", "private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigError([`${PATH}.keyfile: is the key of another certificate than certfile`]);
  }
  if (!tls.mutual) return { cert, key };
  const clientCa = await pem(tls, "cacert", "cacertbytes", readPublic);
  understood(tls, "cacert", "certificate", () => new X509Certificate(clientCa));
  return { cert, key, clientCa };
}

const PATH = "ep11crypto.connection.tls";

async function readPublic(path: string): Promise<Uint8Array> {
  return (await readTrustedFile(path)).content;
}

async function pem(
  tls: TlsSettings,
  file: "certfile" | "keyfile" | "cacert",
  bytes: "certfilebytes" | "keyfilebytes" | "cacertbytes",
  read: (path: string) => Promise<Uint8Array>,
): Promise<string> {
  const text = tls[bytes];
  if (text === undefined) {
    const path = tls[file] as string;
    const content = await explainMissing(read(path), {
      what: `${PATH}.${file}`,
      path,
      remedy: "correct the path or put the file there (grep11-server cert make makes certificates for closed networks)",
    });
    return new TextDecoder().decode(content);
  }
  // Variables of containers often have the line breaks of PEM as \n.
  return text.includes("-----BEGIN") ? text.replaceAll("\\n", "\n") : Buffer.from(text, "base64").toString("utf8");
}

/** What `parse` answers. Errors: {@link ConfigError} that names the setting, never its content. */
function understood<T>(tls: TlsSettings, file: "certfile" | "keyfile" | "cacert", what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    const where = tls[file] === undefined ? `${PATH}.${file}bytes: it` : `${PATH}.${file}: ${tls[file]}`;
    throw new ConfigError([`${where} holds no ${what} in PEM`]);
  }
}
