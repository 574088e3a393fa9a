import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { attributesToJson, parseAttributeName, parseAttributeText } from "../keys/attributes.ts";
import { readKey, readPublicKey, writeKey } from "../keys/key-file.ts";
import { keyProperties, reportKey } from "../keys/key-report.ts";
import { USAGES } from "../keys/key-types.ts";
import { printJson, printLine } from "../terminal/output.ts";

/** The attributes that `key info` always shows. Every key has them. */
const DEFAULT_ATTRIBUTES = [
  ck.CKA_CLASS,
  ck.CKA_KEY_TYPE,
  ...Object.values(USAGES),
  ck.CKA_EXTRACTABLE,
  ck.CKA_NEVER_EXTRACTABLE,
  ck.CKA_MODIFIABLE,
  ck.CKA_LOCAL,
];

export const keyInfo = defineCommand({
  name: "key info",
  summary: "show the type, attributes and rights of a key",
  details: [
    "Reads the attributes from the HSM, because only it can read a blob; --offline shows those in the key file. --attr adds an attribute.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "key file", required: true },
    offline: { kind: "switch", help: "do not use the HSM" },
    attr: { kind: "list", value: "CKA_NAME", help: "show this attribute too" },
    ...JSON_OUTPUT,
  },
  examples: ["grep11 key info --key data.key", "grep11 key info --key wallet.key --attr CKA_EC_PARAMS --json"],
  async run({ hsm, options, io, flags }) {
    const key = await readPublicKey(io, flags.key);
    const details = keyProperties(key);
    if (!flags.offline) {
      const wanted = [...DEFAULT_ATTRIBUTES, ...flags.attr.map(parseAttributeName)];
      const { attributes } = await hsm.getAttributeValue({ object: key.blob, attributes: wanted }, options);
      Object.assign(details, { attributes: attributesToJson(attributes) });
    }
    if (flags.json) return printJson(io, details);
    for (const [name, value] of Object.entries(details)) {
      if (name !== "attributes" && value !== "") await printLine(io, `${name.padEnd(12)} ${value}`);
    }
    for (const [name, value] of Object.entries(details.attributes as object)) await printLine(io, `${name} = ${value}`);
  },
});

export const keySet = defineCommand({
  name: "key set",
  summary: "change the rights of a key",
  details: [
    "Makes a new blob, which replaces the one in the key file or is written to --out. Copies of the old blob stay valid. Rights can be granted and removed; CKA_EXTRACTABLE, CKA_MODIFIABLE and CKA_TRUSTED can only be set to false.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "key file", required: true },
    attr: { kind: "list", value: "CKA_NAME=BOOL", help: "attribute to change" },
    out: { kind: "text", value: "FILE", help: "key file to write instead of --key" },
    ...JSON_OUTPUT,
  },
  examples: ["grep11 key set --key data.key --attr CKA_EXTRACTABLE=false --attr CKA_DECRYPT=false"],
  async run({ hsm, options, io, flags }) {
    if (flags.attr.length === 0) throw new UsageError("key set needs an --attr");
    const key = await readKey(io, flags.key);
    const changes = new Map(flags.attr.map(parseAttributeText));
    const { object } = await hsm.setAttributeValue({ object: key.blob, attributes: changes }, options);
    const changed = { ...key, blob: object, attributes: new Map([...key.attributes, ...changes]) };
    const out = flags.out ?? flags.key;
    await writeKey(io, out, changed, { force: flags.out === undefined });
    await reportKey(io, { out, json: flags.json }, changed);
  },
});
