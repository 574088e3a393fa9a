import { digestParts } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { openSource } from "../files/files.ts";
import { MECHANISM_NAMES, parseMechanism } from "../mechanisms/mechanism-syntax.ts";
import { IN, OUT } from "../terminal/flags.ts";
import { writeData } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";

export const digest = defineCommand({
  name: "digest",
  summary: "hash data",
  flags: {
    mech: { kind: "text", value: "NAME", help: "hash mechanism", default: "SHA256", suggestions: MECHANISM_NAMES },
    ...IN,
    ...OUT,
    encoding: { ...OUT.encoding, default: "hex" },
  },
  examples: ["grep11 digest --in release.tar", "grep11 digest --mech IBM_SHA3_256 < file"],
  async run({ hsm, options, io, flags }) {
    const mech = parseMechanism(flags.mech);
    const { data, size } = await openSource(io, flags.in);
    const result = await digestParts(hsm, mech, withProgress(io, data, size), options);
    await writeData(io, flags, result, { name: "digest", details: { mechanism: ck.ckmName(mech.mechanism) } });
  },
});
