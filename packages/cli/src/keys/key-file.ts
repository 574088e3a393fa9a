/**
 * Reads and writes key files. They are JSON with a blob, which only the HSM that made it can open. The other properties
 * describe the key, for people and for default mechanisms. docs/cli.md documents the format.
 */
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { shellName } from "../clear-key/clear-file.ts";
import { isJwk } from "../clear-key/jwk.ts";
import { importFirst, readClearPublicKey } from "../clear-key/load.ts";
import { readBytes, writeFile } from "../files/files.ts";
import type { Io } from "../terminal/io.ts";
import { parseHex } from "../terminal/output.ts";
import { attributesFromJson, attributesToJson } from "./attributes.ts";
import { KEY_TYPES } from "./key-types.ts";

/** The content of a key file. */
export interface KeyFile {
  /** The class (CKO_*). */
  readonly class: number;
  /** The key type (CKK_*). */
  readonly keyType: number;
  /** The mechanism (CKM_*) that made the key. */
  readonly mechanism?: number;
  /** For a key derived from a password: the parameters of --mech with which the same password gives the same key. */
  readonly parameters?: string;
  /** When the key was made, in ISO 8601. */
  readonly created: string;
  /** The CheckSum that GenerateKey, UnwrapKey or DeriveKey returned. */
  readonly checkSum?: Uint8Array;
  /** The attributes that the HSM returned when it made the key. */
  readonly attributes: ck.Template;
  readonly blob: Uint8Array;
  /** The public key blob of a private key. */
  readonly pub?: Uint8Array;
  /** Set if `blob` is the SubjectPublicKeyInfo of a public key from other software, not a blob of the HSM. */
  readonly fromOutside?: true;
}

/** The version of the format, which is the first property of every key file. */
const VERSION = 1;

/** Returns the content of the key file for a new key. `made` has what the attributes of `key` may lack. */
export function describeKey(
  key: ck.KeyBlob,
  made: Pick<KeyFile, "class" | "keyType" | "checkSum" | "pub" | "parameters"> & { readonly mechanism: number },
): KeyFile {
  const numberOr = (attribute: number, otherwise: number) => {
    const value = key.attributes.get(attribute);
    return typeof value === "number" ? value : otherwise;
  };
  return {
    ...made,
    class: numberOr(ck.CKA_CLASS, made.class),
    keyType: numberOr(ck.CKA_KEY_TYPE, made.keyType),
    created: new Date().toISOString(),
    attributes: key.attributes,
    blob: ck.sealedBytes(key),
  };
}

function formatKeyFile(key: KeyFile): string {
  const attributes = new Map([...key.attributes].filter(([name]) => name !== ck.CKA_CLASS && name !== ck.CKA_KEY_TYPE));
  const json = {
    grep11Key: VERSION,
    class: ck.ckoName(key.class),
    keyType: ck.ckkName(key.keyType),
    ...(key.mechanism === undefined ? {} : { mechanism: ck.ckmName(key.mechanism) }),
    ...(key.parameters === undefined ? {} : { parameters: key.parameters }),
    created: key.created,
    ...(key.checkSum === undefined || key.checkSum.length === 0 ? {} : { checkSum: toHex(key.checkSum) }),
    attributes: attributesToJson(attributes),
    blob: Buffer.from(key.blob).toString("base64"),
    ...(key.pub === undefined ? {} : { pub: Buffer.from(key.pub).toString("base64") }),
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** Parses the text of a key file. Errors: UsageError. */
function parseKeyFile(text: string): KeyFile {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError("it is not JSON", { cause });
  }
  if (json.grep11Key !== VERSION) throw new UsageError(`it is not a grep11 key file of version ${VERSION}`);
  const number = (name: string, numberOf: (name: string) => number | undefined) => {
    const value = numberOf(String(json[name]));
    if (value === undefined) throw new UsageError(`its ${name} is unknown`);
    return value;
  };
  const bytes = (name: string) => {
    const value = json[name];
    if (typeof value !== "string" || !/^[A-Za-z0-9+/]+=*$/.test(value))
      throw new UsageError(`its ${name} is not base64`);
    return new Uint8Array(Buffer.from(value, "base64"));
  };
  return {
    class: number("class", ck.ckoNumber),
    keyType: number("keyType", ck.ckkNumber),
    ...(json.mechanism === undefined ? {} : { mechanism: number("mechanism", ck.ckmNumber) }),
    ...(json.parameters === undefined ? {} : { parameters: String(json.parameters) }),
    created: String(json.created ?? ""),
    ...(json.checkSum === undefined ? {} : { checkSum: parseHex(String(json.checkSum), "checkSum") }),
    attributes: attributesFromJson(json.attributes ?? {}),
    blob: bytes("blob"),
    ...(json.pub === undefined ? {} : { pub: bytes("pub") }),
  };
}

/** Reads the key file `path`. Errors: UsageError. For a key in the clear, the error names the command that imports it. */
export async function readKey(io: Io, path: string): Promise<KeyFile> {
  const content = await readBytes(io, path);
  if (!isKeyFile(content)) throw importFirst({ path }, "is not a key file of grep11");
  return parsed(path, content);
}

/**
 * Reads the file `path` for operations that need only a public key. It may be a key file, or a certificate, public key or
 * private key in any format that `key import` reads. Errors: UsageError.
 */
export async function readPublicKey(io: Io, path: string): Promise<KeyFile> {
  const content = await readBytes(io, path);
  if (isKeyFile(content)) return parsed(path, content);
  const passphrase = async () => {
    const next = `openssl pkey -in ${shellName({ path })} -pubout -out NAME.pem`;
    throw new UsageError(`${path} holds an encrypted private key; write its public key to a separate file: ${next}`);
  };
  const { class: cko, spec, value } = await readClearPublicKey({ path, content, passphrase });
  return {
    class: cko,
    keyType: KEY_TYPES[spec.type].keyType,
    created: "",
    attributes: new Map(),
    blob: value,
    fromOutside: true,
  };
}

/** Returns whether the content is JSON other than a JWK. Such a file counts as a key file. */
function isKeyFile(content: Uint8Array): boolean {
  const first = content.find((byte) => byte > 0x20);
  return (first === 0x7b || first === 0x5b) && !isJwk(content);
}

function parsed(path: string, content: Uint8Array): KeyFile {
  try {
    return parseKeyFile(new TextDecoder().decode(content));
  } catch (error) {
    throw new UsageError(`${path} is not a key: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes a key file that only its owner can read. Errors: UsageError, also if the file exists and `force` is not set. */
export async function writeKey(io: Io, path: string, key: KeyFile, { force }: { force: boolean }): Promise<void> {
  await writeFile(io, path, [Buffer.from(formatKeyFile(key))], { mode: 0o600, exclusive: !force });
}

/** Returns the public key blob of a key pair, or the blob of any other key. Errors: UsageError if the public key is missing. */
export function publicHalf(key: KeyFile): Uint8Array {
  if (key.class !== ck.CKO_PRIVATE_KEY) return key.blob;
  if (key.pub === undefined) throw new UsageError("the key file has a private key without its public key");
  return key.pub;
}

/** Returns the public key of an unwrapped private key. Its CheckSum is the MACed public key and a bit length of four bytes. */
export function publicKeyOfCheckSum(checkSum: Uint8Array): { pub?: Uint8Array } {
  return checkSum.length > 4 && checkSum[0] === 0x30 ? { pub: checkSum.subarray(0, -4) } : {};
}
