import { mechanism as build, ecParams, template } from "@grep11/client";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { readBytes } from "../files/files.ts";
import { publicHalf, readPublicKey } from "../keys/key-file.ts";
import { saveKey } from "../keys/key-report.ts";
import { KEY_OUT, OUT } from "../terminal/flags.ts";
import { writeData } from "../terminal/output.ts";

/** EP11 aggregates at most this many signatures or keys. */
const MAX_ELEMENTS = 12;

export const aggregateSignatures = defineCommand({
  name: "aggregate signatures",
  summary: "aggregate BLS signatures of one message",
  details: [`1 to ${MAX_ELEMENTS} files. Verify the result with the aggregated public keys: grep11 aggregate keys.`],
  args: "FILE...",
  flags: { ...OUT },
  examples: ["grep11 aggregate signatures alice.sig bob.sig --out both.sig"],
  async run({ hsm, options, io, flags, args }) {
    requireSome(args);
    const signatures = await Promise.all(args.map((file) => readBytes(io, file)));
    requireEqualLength(signatures);
    const request = { mech: build.aggregateSignatures(signatures), data: new Uint8Array(0) };
    const { signature } = await hsm.signSingle(request, options);
    await writeData(io, flags, signature, { name: "signature", details: { signatures: args.length } });
  },
});

export const aggregateKeys = defineCommand({
  name: "aggregate keys",
  summary: "aggregate BLS public keys",
  details: [
    `1 to ${MAX_ELEMENTS} key files. A signature under the aggregated key proves that all owners signed only if each of them has proved possession of the private key; otherwise the last one can choose a key that cancels out the others.`,
  ],
  args: "FILE...",
  flags: { ...KEY_OUT, ...JSON_OUTPUT },
  examples: ["grep11 aggregate keys alice.key bob.key --out both.key"],
  async run({ hsm, options, io, flags, args }) {
    requireSome(args);
    const keys = await Promise.all(args.map(async (file) => publicHalf(await readPublicKey(io, file))));
    requireEqualLength(keys);
    const keyTemplate = template({
      CKA_CLASS: ck.CKO_PUBLIC_KEY,
      CKA_KEY_TYPE: ck.CKK_EC,
      CKA_EC_PARAMS: ecParams("BLS12-381"),
      CKA_VERIFY: true,
    });
    const request = { mech: build.aggregatePublicKeys(keys), template: keyTemplate };
    const { newKey } = await hsm.deriveKey(request, options);
    const about = { class: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_EC, mechanism: ck.CKM_IBM_EC_AGGREGATE };
    await saveKey(io, flags, newKey, about);
  },
});

function requireSome(files: readonly string[]): void {
  if (files.length < 1 || files.length > MAX_ELEMENTS) throw new UsageError(`name 1 to ${MAX_ELEMENTS} files`);
}

function requireEqualLength(elements: readonly Uint8Array[]): void {
  if (elements.some(({ length }) => length !== elements[0]!.length)) {
    throw new UsageError("the files are not all of the same kind: their lengths differ");
  }
}
