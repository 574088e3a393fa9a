/** Reads the TLS certificates and keys that the configuration names. They are PEM, in files or inline. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsOptions } from "@grep11/grpc-server";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/schema.ts";
import { explainMissing } from "../files/missing-file.ts";
import { readPrivateFile, type SecretRights } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";

type TlsSettings = Config["ep11crypto"]["connection"]["tls"];
type PemSetting = "certfile" | "keyfile" | "cacert";

/**
 * Returns the TLS options of a listener. Reads the files at every call, so that renewed certificates are picked up. Errors:
 * ConfigError if a file is not a certificate or key, or if the two do not match; MissingFileError; FileRefusedError.
 */
export async function readTls(tls: TlsSettings, rights: SecretRights): Promise<TlsOptions> {
  const cert = await pem(tls, "certfile", readPublic);
  const key = await pem(tls, "keyfile", (path) => readPrivateFile(path, rights));
  const certificate = parsed(tls, "certfile", "certificate", () => new X509Certificate(cert));
  const privateKey = parsed(tls, "keyfile", "private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigError([`${PATH}.keyfile: is not the key of the certificate in certfile`]);
  }
  if (!tls.mutual) return { cert, key };
  const clientCa = await pem(tls, "cacert", readPublic);
  parsed(tls, "cacert", "certificate", () => new X509Certificate(clientCa));
  return { cert, key, clientCa };
}

const PATH = "ep11crypto.connection.tls";

async function readPublic(path: string): Promise<Uint8Array> {
  return (await readTrustedFile(path)).content;
}

async function pem(tls: TlsSettings, file: PemSetting, read: (path: string) => Promise<Uint8Array>): Promise<string> {
  const text = tls[`${file}bytes` as const];
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

/** Returns the result of `parse`. Errors: ConfigError that names the setting but does not contain its value. */
function parsed<T>(tls: TlsSettings, file: PemSetting, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    const where = tls[file] === undefined ? `${PATH}.${file}bytes:` : `${PATH}.${file}: ${tls[file]}`;
    throw new ConfigError([`${where} is not a ${what} in PEM`]);
  }
}
