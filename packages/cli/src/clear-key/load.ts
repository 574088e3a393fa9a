/** Reads a key that other software has written, in any of the usual formats. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { KeySpec } from "../keys/key-spec.ts";
import { type ClearFile, nameOf, refusal, shellName } from "./clear-file.ts";
import { type ClearKey, clearKeyOf } from "./clear-key.ts";
import { keyOfDer } from "./der-key.ts";
import { refuseForeign, refuseUnknown } from "./foreign-format.ts";
import { type JwkSecret, readJwk } from "./jwk.ts";
import { isOpenSshPublicKey, readOpenSshPublicKey } from "./openssh.ts";
import { pemBlocks } from "./pem-blocks.ts";
import { keyOfBlocks, type Wanted } from "./pem-key.ts";

/**
 * Returns the private key in the file, if there is one. Otherwise returns the secret key or the public key; of a chain of
 * certificates, it takes the public key of the first. `secret` is the type of a secret key in a JWK. Errors: UsageError.
 */
export async function readClearKey(file: ClearFile, secret?: KeySpec): Promise<ClearKey> {
  const key = await keyIn(file, "private");
  return "value" in key ? secretKey(file, key, secret) : clearKeyOf(file, key);
}

/** Returns the public key in the file, or that of the private key in it. Errors: UsageError. */
export async function readClearPublicKey(file: ClearFile): Promise<ClearKey> {
  const key = await keyIn(file, "public");
  if ("value" in key) throw importFirst(file, "holds a secret key in clear");
  return clearKeyOf(file, key.type === "private" ? createPublicKey(key) : key);
}

/** Returns the error for a key in the clear that a command needs to be in the HSM. `what` says what the file is. */
export function importFirst(file: Pick<ClearFile, "path">, what: string): UsageError {
  return refusal(
    file,
    `${what}: this command uses keys of the HSM. Import it: grep11 key import --in ${shellName(file)} --out NAME.key`,
  );
}

function secretKey(file: ClearFile, { value, type }: JwkSecret, explicit: KeySpec | undefined): ClearKey {
  const spec = explicit ?? (type === undefined ? undefined : { type });
  if (spec === undefined) {
    throw refusal(
      file,
      "is a JWK of a secret key: its alg does not determine the type of the key. Name the type: --type aes, or --type generic for HMAC",
    );
  }
  return { class: ck.CKO_SECRET_KEY, spec, value };
}

async function keyIn(given: ClearFile, wanted: Wanted): Promise<KeyObject | JwkSecret> {
  const file = { ...given, content: withoutByteOrderMark(given.content) };
  if (file.content.every(isBlank))
    throw refusal(file, `is empty: there is no key in it. Check the program that wrote ${nameOf(file)}`);
  const blocks = pemBlocks(file.content);
  if (blocks.length > 0) return keyOfBlocks(file, blocks, wanted);
  const jwk = readJwk(file);
  if (jwk !== undefined) return jwk;
  if (isOpenSshPublicKey(file)) return readOpenSshPublicKey(file);
  refuseForeign(file);
  return (await keyOfDer(file)) ?? refuseUnknown(file);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** Removes the byte order mark that Windows programs write. Converts UTF-16 to ASCII, which suffices for key files. */
function withoutByteOrderMark(content: Uint8Array): Uint8Array {
  const [first, second, third] = content;
  if (first === 0xef && second === 0xbb && third === 0xbf) return content.subarray(3);
  const low = first === 0xff && second === 0xfe ? 0 : first === 0xfe && second === 0xff ? 1 : undefined;
  return low === undefined ? content : content.subarray(2).filter((_, at) => at % 2 === low);
}
