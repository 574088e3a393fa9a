import { UsageError } from "@grep11/command-line";
import { defineCommand } from "../command.ts";
import { OUT } from "../terminal/flags.ts";
import { writeData } from "../terminal/output.ts";

/** A call of GenerateRandom returns at most this many bytes. */
const MAX_BYTES = 1_000_000;

export const random = defineCommand({
  name: "random",
  summary: "generate random bytes",
  args: "BYTES",
  flags: OUT,
  examples: ["grep11 random 32 --encoding hex", "grep11 random 16 --out iv.bin"],
  async run({ hsm, options, io, flags, args }) {
    const [count = ""] = args;
    if (args.length !== 1 || !/^[1-9]\d{0,15}$/.test(count)) throw new UsageError("random takes a number of bytes");
    async function* bytes() {
      for (let left = Number(count); left > 0; left -= MAX_BYTES) {
        yield (await hsm.generateRandom({ len: Math.min(left, MAX_BYTES) }, options)).rnd;
      }
    }
    await writeData(io, flags, bytes(), { name: "random" });
  },
});
