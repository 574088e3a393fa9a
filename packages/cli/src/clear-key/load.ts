/** Reads the key in a file of other software, in any of the usual formats. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { KeySpec } from "../keys/key-spec.ts";
import { type ClearFile, refusal, shellName } from "./clear-file.ts";
import { type ClearKey, clearKeyOf } from "./clear-key.ts";
import { keyOfDer } from "./der-key.ts";
import { refuseEmpty, refuseForeign, refuseUnknown } from "./foreign-format.ts";
import { type JwkSecret, readJwk } from "./jwk.ts";
import { isOpenSshPublicKey, readOpenSshPublicKey } from "./openssh.ts";
import { pemBlocks } from "./pem-blocks.ts";
import { keyOfBlocks, type Wanted } from "./pem-key.ts";
import { withoutByteOrderMark } from "./text-encoding.ts";

/**
 * Returns the key in the file. If there is a private key, that is returned; the file may also have its public key or certificate.
 * Otherwise the public key is returned, which for a chain of certificates is that of the first. `secret` is the type of a secret
 * JWK whose algorithm does not determine it. Errors: UsageError.
 */
export async function readClearKey(given: ClearFile, secret?: KeySpec): Promise<ClearKey> {
  const file = { ...given, content: withoutByteOrderMark(given.content) };
  const key = await keyIn(file, "private");
  return "value" in key ? secretKey(file, key, secret) : clearKeyOf(file, key);
}

/** Like {@link readClearKey}, but returns the public key of a key pair. Errors: UsageError. */
export async function readClearPublicKey(given: ClearFile): Promise<ClearKey> {
  const file = { ...given, content: withoutByteOrderMark(given.content) };
  const key = await keyIn(file, "public");
  if ("value" in key) throw importFirst(file, "holds a secret key in clear");
  return clearKeyOf(file, key.type === "private" ? createPublicKey(key) : key);
}

/** Returns the error for a clear key where a key of the HSM is needed. */
export function importFirst(file: Pick<ClearFile, "path">, what: string): UsageError {
  return refusal(
    file,
    what,
    "this command uses keys of the HSM",
    `Import it: grep11 key import --in ${shellName(file)} --out NAME.key`,
  );
}

function secretKey(file: ClearFile, { value, type }: JwkSecret, explicit: KeySpec | undefined): ClearKey {
  const spec = explicit ?? (type === undefined ? undefined : { type });
  if (spec === undefined) {
    throw refusal(
      file,
      "is a JWK of a secret key",
      "its alg does not determine the type of the key",
      "Name the type: --type aes, or --type generic for HMAC",
    );
  }
  return { class: ck.CKO_SECRET_KEY, spec, value };
}

async function keyIn(file: ClearFile, wanted: Wanted): Promise<KeyObject | JwkSecret> {
  if (isBlank(file.content)) refuseEmpty(file);
  const blocks = pemBlocks(file.content);
  if (blocks.length > 0) return keyOfBlocks(file, blocks, wanted);
  const jwk = readJwk(file);
  if (jwk !== undefined) return jwk;
  if (isOpenSshPublicKey(file)) return readOpenSshPublicKey(file);
  refuseForeign(file);
  return (await keyOfDer(file)) ?? refuseUnknown(file);
}

function isBlank(content: Uint8Array): boolean {
  return content.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
