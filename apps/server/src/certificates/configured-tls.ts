/** TLS material of the configuration: from files or from the configuration itself, as PEM. */
import { readFile } from "node:fs/promises";
import type { TlsOptions } from "@grep11/server";
import type { Config } from "../config/schema.ts";
import { readPrivateFile } from "../files/private-file.ts";

/** What a listener with TLS needs; read anew at every call, so that renewed certificates can be taken up. */
export async function readTls(tls: Config["ep11crypto"]["connection"]["tls"]): Promise<TlsOptions> {
  const cert = await pem(tls.certfile, tls.certfilebytes, readPublic);
  const key = await pem(tls.keyfile, tls.keyfilebytes, readPrivateFile);
  if (!tls.mutual) return { cert, key };
  return { cert, key, clientCa: await pem(tls.cacert, tls.cacertbytes, readPublic) };
}

function readPublic(path: string): Promise<Uint8Array> {
  return readFile(path);
}

async function pem(
  file: string | undefined,
  text: string | undefined,
  read: (path: string) => Promise<Uint8Array>,
): Promise<string> {
  if (text === undefined) return new TextDecoder().decode(await read(file as string));
  return text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("utf8");
}
