/**
 * Defines `grep11-server keyring ...`, the commands that change master keys. `generate-next` or `import-parts` loads the next
 * key, `commit` confirms it, and `activate` makes it the current one. The old key can open blobs until `finalise` deletes it.
 * Running servers pick up every change within a second.
 */
import { randomBytes } from "node:crypto";
import { JSON_OUTPUT, UsageError, type Values } from "@grep11/command-line";
import { toHex } from "@grep11/encoding";
import { Keyring, verificationPattern } from "@grep11/engine";
import { type Command, defineCommand, type Io } from "../command.ts";
import { readPrivateFile } from "../files/private-file.ts";
import { type KeyringPatterns, patternsOf } from "./keyring-store.ts";
import { ensureKey, KEYRING_FLAGS, locateKeyring } from "./locate-keyring.ts";

const FLAGS = { ...KEYRING_FLAGS, ...JSON_OUTPUT };

/** Returns a command that changes the keyring by `apply` and prints the result. */
function transition(name: string, summary: string, apply: (keyring: Keyring) => Keyring): Command {
  return defineCommand({
    name: `keyring ${name}`,
    summary,
    flags: FLAGS,
    examples: [`grep11-server keyring ${name} --config grep11.yaml`],
    async run({ flags, io }) {
      const { store } = await locateKeyring(flags, io.environment);
      return show(await store.change(apply), flags, io);
    },
  });
}

export const KEYRING_COMMANDS: readonly Command[] = [
  defineCommand({
    name: "keyring init",
    summary: "create a keyring with a random master key, or without one",
    flags: {
      ...FLAGS,
      empty: { kind: "switch", help: "create no master key: import parts, commit and activate one later" },
    },
    examples: ["grep11-server keyring init --config grep11.yaml"],
    async run({ flags, io }) {
      const location = await locateKeyring(flags, io.environment);
      await ensureKey(location);
      const keyring = flags.empty ? Keyring.empty() : Keyring.create(randomBytes);
      await location.store.create(keyring);
      io.err(
        `created ${location.store.file}; keep a backup of it, and of the key or passphrase that opens it, elsewhere`,
      );
      return show(keyring, flags, io);
    },
  }),
  defineCommand({
    name: "keyring show",
    summary: "show the registers and their verification patterns",
    flags: FLAGS,
    examples: ["grep11-server keyring show", "grep11-server keyring show --config grep11.yaml --json"],
    async run({ flags, io }) {
      const { store } = await locateKeyring(flags, io.environment);
      return show(await store.read(), flags, io);
    },
  }),
  transition("generate-next", "load a random master key into the next register", (keyring) =>
    keyring.generate(randomBytes),
  ),
  defineCommand({
    name: "keyring import-parts",
    summary: "load the XOR of 2 or 3 key parts into the next register",
    flags: { ...FLAGS, part: { kind: "list", value: "FILE", help: "32 bytes, or 64 hex digits; mode 0600" } },
    examples: ["grep11-server keyring import-parts --part alice.part --part bob.part --config grep11.yaml"],
    async run({ flags, io }) {
      const { store } = await locateKeyring(flags, io.environment);
      const parts = await Promise.all(flags.part.map(readPart));
      try {
        for (const [i, part] of parts.entries()) io.err(`part ${i + 1}: ${toHex(verificationPattern(part))}`);
        return show(await store.change((keyring) => keyring.importParts(parts)), flags, io);
      } finally {
        for (const part of parts) part.fill(0);
      }
    },
  }),
  defineCommand({
    name: "keyring commit",
    summary: "commit the next master key: from then on RewrapKeyBlob works",
    flags: {
      ...FLAGS,
      pattern: {
        kind: "text",
        value: "HEX",
        help: "verification pattern of the next key, as `keyring show` prints it",
        required: true,
      },
    },
    examples: [`grep11-server keyring commit --pattern 58f59166...1035f --config grep11.yaml`],
    async run({ flags, io }) {
      const { pattern } = flags;
      if (!/^[0-9a-f]{64}$/i.test(pattern)) throw new UsageError("--pattern: expected 64 hex digits");
      const { store } = await locateKeyring(flags, io.environment);
      return show(await store.change((keyring) => keyring.commit(Buffer.from(pattern, "hex"))), flags, io);
    },
  }),
  transition("clear-next", "empty the next register", (keyring) => keyring.clearNext()),
  transition("activate", "make the next master key the current one; the old one can still open blobs", (keyring) =>
    keyring.activate(),
  ),
  transition("finalise", "delete the previous master key: its blobs can no longer be opened", (keyring) =>
    keyring.finalise(),
  ),
];

/** Reads a key part from a file, as 32 bytes or in hexadecimal. Errors: UsageError, FileRefusedError. */
async function readPart(path: string): Promise<Uint8Array> {
  const content = await readPrivateFile(path);
  if (content.length === 32) return content;
  const text = Buffer.from(content).toString("latin1").trim();
  content.fill(0);
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new UsageError(`${path}: expected 32 bytes or 64 hex digits`);
  return Buffer.from(text, "hex");
}

function show(keyring: Keyring, { json }: Values<typeof JSON_OUTPUT>, io: Io): number {
  const patterns = patternsOf(keyring);
  for (const line of json ? [JSON.stringify(patterns)] : lines(patterns)) io.out(line);
  return 0;
}

function lines({ epoch, current, next, nextState, previous }: KeyringPatterns): string[] {
  return [
    `epoch     ${epoch}`,
    `current   ${current ?? "empty"}`,
    `next      ${next === undefined ? "empty" : `${next} ${nextState}`}`,
    `previous  ${previous ?? "empty"}`,
  ];
}
