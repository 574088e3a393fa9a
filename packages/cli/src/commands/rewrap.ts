import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { type KeyFile, readKey, writeKey } from "../keys/key-file.ts";
import { printJson, printLine } from "../terminal/output.ts";

export const rewrap = defineCommand({
  name: "rewrap",
  summary: "seal keys under the next master key, before it becomes the current one",
  args: "FILE...",
  details: [
    "Requires a committed next master key. Writes each key to a new file, FILE plus --suffix, because the new blob works only after the change of the master key, and the old one until then. --in-place replaces the files.",
  ],
  flags: {
    suffix: { kind: "text", value: "TEXT", help: "suffix for the new file names", default: ".next" },
    "in-place": { kind: "switch", help: "replace the key files" },
    "dry-run": { kind: "switch", help: "call the HSM, but write nothing" },
    ...JSON_OUTPUT,
  },
  examples: ["grep11 rewrap *.key", "grep11 rewrap --dry-run *.key"],
  async run({ hsm, options, io, flags, args }) {
    if (args.length === 0) throw new UsageError("rewrap needs key files");
    const written: { file: string; out: string | null }[] = [];
    for (const file of args) {
      const next = await rewrapped(hsm, await readKey(io, file), options);
      const out = flags["in-place"] ? file : `${file}${flags.suffix}`;
      if (!flags["dry-run"]) await writeKey(io, out, next, { force: flags["in-place"] });
      written.push({ file, out: flags["dry-run"] ? null : out });
      if (!flags.json)
        await printLine(io, flags["dry-run"] ? `${file}: can be rewrapped` : `${file}: written to ${out}`);
    }
    if (flags.json) await printJson(io, written);
  },
});

/** Returns `key` with its blobs rewrapped under the next master key. */
async function rewrapped(hsm: ck.Ep11, key: KeyFile, options: ck.CallOptions): Promise<KeyFile> {
  const seal = async (wrappedKey: Uint8Array) =>
    ck.sealedBytes((await hsm.rewrapKeyBlob({ wrappedKey }, options)).rewrappedKey);
  const pub = key.pub === undefined ? {} : { pub: await seal(key.pub) };
  return { ...key, blob: await seal(key.blob), ...pub };
}
