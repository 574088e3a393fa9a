/** Reads keys in OpenSSH's formats. The library sshpk parses them. It is imported only when it is needed. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { UsageError } from "@grep11/command-line";
import { fromBigInt, toBigInt } from "@grep11/encoding";
import { type ClearFile, nameOf, refusal, shellName } from "./clear-file.ts";

/** Matches the beginning of a public key, as in id_ed25519.pub. */
const PUBLIC_LINE = /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+) AAAA/;

export function isOpenSshPublicKey({ content }: ClearFile): boolean {
  return PUBLIC_LINE.test(textOf(content.subarray(0, 64)));
}

export async function readOpenSshPublicKey(file: ClearFile): Promise<KeyObject> {
  const { default: sshpk } = await import("sshpk");
  const lines = textOf(file.content).split("\n").filter(Boolean);
  if (lines.length > 1) throw refusal(file, "holds several OpenSSH keys: it must hold one. Keep one line of it");
  try {
    const der = sshpk.parseKey(Buffer.from(file.content), "ssh").toBuffer("pkcs8");
    return createPublicKey({ key: Buffer.from(textOf(der)), format: "pem" });
  } catch {
    throw refusal(
      file,
      "is an OpenSSH public key: its type is not rsa, ecdsa, ed25519 or dsa, or it is damaged. Keys of security tokens (sk-...) cannot be used here",
    );
  }
}

/** Returns the private key in `pem`, a block OPENSSH PRIVATE KEY of `file`, which may need a passphrase. Errors: UsageError. */
export async function readOpenSshPrivateKey(file: ClearFile, pem: Uint8Array): Promise<KeyObject> {
  const { default: sshpk } = await import("sshpk");
  const read = (passphrase?: Uint8Array) => {
    const options = passphrase === undefined ? {} : { passphrase: Buffer.from(passphrase) };
    const key = sshpk.parsePrivateKey(Buffer.from(pem), "ssh-private", options as { passphrase?: string });
    if (key.type === "rsa") addExponents((key as unknown as { part: RsaParts }).part);
    return createPrivateKey({ key: key.toBuffer("pkcs8"), format: "pem" });
  };
  try {
    return read();
  } catch (error) {
    if ((error as Error).name !== "KeyEncryptedError") throw unreadable(file);
  }
  const passphrase = await file.passphrase();
  try {
    return read(passphrase);
  } catch (error) {
    if (/passphrase/.test((error as Error).message)) {
      throw new UsageError(`the passphrase for ${nameOf(file)} is wrong`);
    }
    throw unreadable(file);
  }
}

/** The numbers of an RSA key in sshpk: big-endian, with a leading zero byte if the highest bit is set. */
interface RsaParts {
  readonly d: { readonly data: Uint8Array };
  readonly p: { readonly data: Uint8Array };
  readonly q: { readonly data: Uint8Array };
  dmodp?: { readonly name: string; readonly data: Buffer };
  dmodq?: { readonly name: string; readonly data: Buffer };
}

/** Adds d mod (p - 1) and d mod (q - 1), which OpenSSH omits and PKCS #1 requires. sshpk 1.18.0 computes them incorrectly. */
function addExponents(part: RsaParts): void {
  const d = toBigInt(part.d.data);
  part.dmodp = { name: "dmodp", data: contentOf(d % (toBigInt(part.p.data) - 1n)) };
  part.dmodq = { name: "dmodq", data: contentOf(d % (toBigInt(part.q.data) - 1n)) };
}

/** Returns the content of the DER INTEGER `number`. */
function contentOf(number: bigint): Buffer {
  const bytes = fromBigInt(number);
  return Buffer.from((bytes[0] ?? 0) < 0x80 ? bytes : [0, ...bytes]);
}

function unreadable(file: ClearFile): UsageError {
  return refusal(
    file,
    `is an OpenSSH private key: it is damaged, or of a type or cipher that this program does not read. Convert a copy of it: ssh-keygen -p -m PKCS8 -f ${shellName(file)}`,
  );
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
