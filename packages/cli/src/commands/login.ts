import { JSON_OUTPUT } from "@grep11/command-line";
import { defineCommand } from "../command.ts";
import { PIN, readSecretFrom } from "../files/secret-source.ts";
import { OUT } from "../terminal/flags.ts";
import { printJson, remark, writeData } from "../terminal/output.ts";

export const login = defineCommand({
  name: "login",
  summary: "get the PIN blob of a login session",
  details: [
    "The PIN has 8 to 16 bytes and comes from a file, a file descriptor, an environment variable or the terminal, never from the command line, which other users can see.",
  ],
  flags: {
    store: { kind: "text", value: "TEXT", help: "identifier of the store", default: "" },
    ...PIN,
    ...OUT,
  },
  examples: ["grep11 login --pin-file pin.txt --out session.pin", "grep11 login --pin-fd 3 --encoding hex 3< pin.txt"],
  async run({ hsm, options, io, flags }) {
    const source = { file: flags["pin-file"], fd: flags["pin-fd"], env: flags["pin-env"] };
    const pin = await readSecretFrom(io, source, () => io.askSecret("PIN: "));
    const { pinblob } = await hsm.login({ storeid: new TextEncoder().encode(flags.store), pin }, options);
    pin.fill(0);
    await writeData(io, flags, pinblob, { name: "pinblob", mode: 0o600 });
  },
});

export const logout = defineCommand({
  name: "logout",
  summary: "end a login session",
  flags: JSON_OUTPUT,
  examples: ["grep11 logout"],
  async run({ hsm, options, io, flags }) {
    await hsm.logout({}, options);
    if (flags.json) return printJson(io, { loggedOut: true });
    await remark(io, "logged out");
  },
});
