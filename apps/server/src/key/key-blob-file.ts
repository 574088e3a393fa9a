/** Reads and writes files with a key blob: the blob alone, or a key file of `grep11`, which is JSON with the blob in base64. */
import { writeFile } from "node:fs/promises";
import { UsageError } from "@grep11/command-line";
import { readRegularFile } from "../files/regular-file.ts";

interface KeyBlobFile {
  readonly blob: Uint8Array;
  /** Returns the content of the file with another blob. If the file lists `attributes`, their values are replaced too. */
  with(blob: Uint8Array, attributes: Readonly<Record<string, boolean>>): Uint8Array;
}

/** Maximum size of a file in bytes. */
const MAX_BYTES = 256 * 1024;
const OPENING_BRACE = 0x7b;

/** Reads the blob in a file. Errors: UsageError, and those of {@link readRegularFile}. */
export async function readKeyBlobFile(path: string): Promise<KeyBlobFile> {
  const { content } = await readRegularFile(path);
  if (content.length === 0) throw new UsageError(`${path}: it is empty`);
  if (content.length > MAX_BYTES) throw new UsageError(`${path}: it is too long for a key`);
  if (content[0] !== OPENING_BRACE) return { blob: content, with: (blob) => blob };
  const json = parsed(path, content);
  return {
    blob: blobIn(path, json),
    with(blob, attributes) {
      const listed = Object.entries(attributes).filter(([name]) => name in json.attributes);
      const changed = {
        ...json,
        attributes: { ...json.attributes, ...Object.fromEntries(listed) },
        blob: Buffer.from(blob).toString("base64"),
      };
      return new TextEncoder().encode(`${JSON.stringify(changed, undefined, 2)}\n`);
    },
  };
}

/** Writes a new file that only this user can read. Errors: UsageError if the file exists. */
export async function writeKeyBlobFile(path: string, content: Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new UsageError(`${path}: it exists, and keys are never overwritten; name a new file`);
  }
}

function parsed(path: string, content: Uint8Array): { attributes: object; blob?: unknown; grep11Key?: unknown } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new UsageError(`${path}: it begins like a key file of grep11, but is not JSON`, { cause });
  }
  if (typeof json !== "object" || json === null || !("grep11Key" in json) || json.grep11Key !== 1) {
    throw new UsageError(`${path}: it is not a key file of grep11; give the key file, or a file with the blob`);
  }
  const attributes = "attributes" in json && typeof json.attributes === "object" ? json.attributes : null;
  return { ...json, attributes: attributes ?? {} };
}

function blobIn(path: string, { blob }: { readonly blob?: unknown }): Uint8Array {
  if (typeof blob !== "string" || !/^[A-Za-z0-9+/]+=*$/.test(blob)) {
    throw new UsageError(`${path}: its "blob" is not base64`);
  }
  return new Uint8Array(Buffer.from(blob, "base64"));
}
