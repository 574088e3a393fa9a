import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { curveOfKey } from "../mechanisms/default-mechanism.ts";
import type { Io } from "../terminal/io.ts";
import { printJson, remark } from "../terminal/output.ts";
import { attributesToJson } from "./attributes.ts";
import { describeKey, type KeyFile, writeKey } from "./key-file.ts";

/** Writes the key file for a new key to --out, and reports it. Errors: as {@link writeKey}. */
export async function saveKey(
  io: Io,
  flags: { out: string; json: boolean; force: boolean },
  ...[key, made]: Parameters<typeof describeKey>
): Promise<void> {
  const file = describeKey(key, made);
  await writeKey(io, flags.out, file, flags);
  await reportKey(io, flags, file);
}

/** Prints on stderr which key was written, so that stdout contains only data. With --json, prints its properties on stdout. */
export async function reportKey(io: Io, flags: { out: string; json: boolean }, key: KeyFile): Promise<void> {
  if (flags.json) return printJson(io, { file: flags.out, ...keyProperties(key) });
  const curve = curveOfKey(key);
  const type = curve === undefined ? ck.ckkName(key.keyType) : `${ck.ckkName(key.keyType)} ${curve}`;
  await remark(io, `${type} ${ck.ckoName(key.class)} written to ${flags.out}`);
}

/** Returns the properties of a key file except the blobs. */
export function keyProperties(key: KeyFile): Record<string, unknown> {
  const curve = curveOfKey(key);
  return {
    class: ck.ckoName(key.class),
    keyType: ck.ckkName(key.keyType),
    ...(curve === undefined ? {} : { curve }),
    ...(key.checkSum === undefined || key.checkSum.length === 0 ? {} : { checkSum: toHex(key.checkSum) }),
    ...(key.parameters === undefined ? {} : { mechanism: ck.ckmName(key.mechanism ?? 0), parameters: key.parameters }),
    created: key.created,
    attributes: attributesToJson(key.attributes),
  };
}
