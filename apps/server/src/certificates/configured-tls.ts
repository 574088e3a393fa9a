/** Reads the TLS certificates and keys in the configuration. They are PEM, in files or inline. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsOptions } from "@grep11/grpc-server";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/schema.ts";
import { explainMissing } from "../files/missing-file.ts";
import { readPrivateFile, type SecretRights } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";

type TlsSettings = Config["ep11crypto"]["connection"]["tls"];

/**
 * Returns the TLS options of a listener. Reads the files at every call, so that renewed certificates are picked up. Errors:
 * {@link ConfigError} if a file is not a certificate or key, or the key belongs to another certificate; MissingFileError; those
 * of reading files.
 */
export async function readTls(tls: TlsSettings, rights: SecretRights): Promise<TlsOptions> {
  const cert = await pem(tls, "certfile", "certfilebytes", readPublic);
  const key = await pem(tls, "keyfile", "keyfilebytes", (path) => readPrivateFile(path, rights));
  const certificate = parsed(tls, "certfile", "certificate", () => new X509Certificate(cert));
  const privateKey = parsed(tls, "keyfile", "private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigError([`${PATH}.keyfile: is not the key of the certificate in certfile`]);
  }
  if (!tls.mutual) return { cert, key };
  const clientCa = await pem(tls, "cacert", "cacertbytes", readPublic);
  parsed(tls, "cacert", "certificate", () => new X509Certificate(clientCa));
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
  // In environment variables of containers, the line breaks of PEM are often the two characters \n.
  return text.includes("-----BEGIN") ? text.replaceAll("\\n", "\n") : Buffer.from(text, "base64").toString("utf8");
}

/** Returns what `parse` returns. Errors: {@link ConfigError} with the name of the setting, never its content. */
function parsed<T>(tls: TlsSettings, file: "certfile" | "keyfile" | "cacert", what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    const where = tls[file] === undefined ? `${PATH}.${file}bytes:` : `${PATH}.${file}: ${tls[file]}`;
    throw new ConfigError([`${where} is not a ${what} in PEM`]);
  }
}
