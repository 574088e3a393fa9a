import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { MECHANISM_NAMES, parseMechanismName } from "../mechanisms/mechanism-syntax.ts";
import { printJson, printLine } from "../terminal/output.ts";

export const mechList = defineCommand({
  name: "mech list",
  summary: "list the mechanisms of the HSM",
  flags: JSON_OUTPUT,
  examples: ["grep11 mech list", "grep11 mech list --json | jq -r '.[].name'"],
  async run({ hsm, options, io, flags }) {
    const { mechs } = await hsm.getMechanismList({}, options);
    const list = mechs.map((code) => ({ name: ck.ckmName(code), code }));
    if (flags.json) return printJson(io, list);
    for (const { name } of list) await printLine(io, name);
  },
});

export const mechInfo = defineCommand({
  name: "mech info",
  summary: "show key sizes and functions of mechanisms",
  args: "NAME...",
  argChoices: MECHANISM_NAMES,
  flags: JSON_OUTPUT,
  examples: ["grep11 mech info AES_CBC_PAD ECDSA_SHA256"],
  async run({ hsm, options, io, flags, args }) {
    if (args.length === 0) throw new UsageError("mech info needs the name of a mechanism");
    const infos = [];
    for (const name of args) {
      const mech = parseMechanismName(name);
      const { mechInfo } = await hsm.getMechanismInfo({ mech }, options).catch((error: unknown) => {
        if (!(error instanceof ck.CkError) || error.rv !== ck.CKR_MECHANISM_INVALID) throw error;
        throw new ck.CkError(ck.CKR_MECHANISM_INVALID, `this HSM does not offer ${ck.ckmName(mech)}`, { cause: error });
      });
      infos.push({ name: ck.ckmName(mech), code: mech, ...mechInfo, flagNames: ck.ckfNames(mechInfo.flags) });
    }
    if (flags.json) return printJson(io, infos);
    for (const { name, minKeySize, maxKeySize, flagNames } of infos) {
      const sizes = maxKeySize === 0 ? "no key" : `keys ${minKeySize} to ${maxKeySize}`;
      await printLine(io, `${name}: ${sizes}; ${flagNames.join(" ")}`);
    }
  },
});
