/**
 * `grep11-server keyring ...`: the life of master keys. A running server takes up every change within a second.
 *
 *   init -> current;  generate-next or import-parts -> next -> commit -> activate -> current (old: previous) -> finalise
 */
import { randomBytes } from "node:crypto";
import { Keyring, verificationPattern } from "@grep11/engine";
import { type Command, type Io, type Option, UsageError, type Values } from "../command-line.ts";
import { readPrivateFile } from "../files/private-file.ts";
import { type KeyringPatterns, patternsOf } from "./keyring-store.ts";
import { ensureKey, KEYRING_OPTIONS, locateKeyring } from "./locate-keyring.ts";

const JSON_OPTION = { json: { summary: "answer one JSON object" } } as const satisfies Record<string, Option>;
const options = { ...KEYRING_OPTIONS, ...JSON_OPTION };

/** A command that puts a transition of the keyring in its place and shows the result. */
function transition(word: string, summary: string, apply: (keyring: Keyring) => Keyring): Command {
  return {
    words: ["keyring", word],
    summary,
    options,
    async run(values, io) {
      const { store } = await locateKeyring(values, io.environment);
      return show(await store.change(apply), values, io);
    },
  };
}

export const KEYRING_COMMANDS: readonly Command[] = [
  {
    words: ["keyring", "init"],
    summary: "make a keyring with a fresh master key, or with none",
    options: { ...options, empty: { summary: "no master key yet: import parts, commit, activate" } },
    async run(values, io) {
      const location = await locateKeyring(values, io.environment);
      await ensureKey(location);
      const keyring = values.has("empty") ? Keyring.empty() : Keyring.create(randomBytes);
      await location.store.create(keyring);
      io.say(`made ${location.store.file}; keep a copy of it, and of what opens it, somewhere else`);
      return show(keyring, values, io);
    },
  },
  {
    words: ["keyring", "show"],
    summary: "the registers and their verification patterns",
    options,
    async run(values, io) {
      const { store } = await locateKeyring(values, io.environment);
      return show(await store.read(), values, io);
    },
  },
  transition("generate-next", "load a random master key into the next register", (keyring) =>
    keyring.generate(randomBytes),
  ),
  {
    words: ["keyring", "import-parts"],
    summary: "load the XOR of 2 or 3 key parts into the next register",
    options: {
      ...options,
      part: { value: "FILE", summary: "32 bytes, or 64 hex digits; mode 0600; give it 2 or 3 times", multiple: true },
    },
    async run(values, io) {
      const { store } = await locateKeyring(values, io.environment);
      const parts = await Promise.all(values.texts("part").map(readPart));
      try {
        for (const [i, part] of parts.entries()) io.say(`part ${i + 1}: ${hex(verificationPattern(part))}`);
        return show(await store.change((keyring) => keyring.importParts(parts)), values, io);
      } finally {
        for (const part of parts) part.fill(0);
      }
    },
  },
  {
    words: ["keyring", "commit"],
    summary: "commit the next master key: from now on RewrapKeyBlob works",
    options: {
      ...options,
      pattern: { value: "HEX", summary: "verification pattern of the next key, as `show` prints it" },
    },
    async run(values, io) {
      const pattern = values.text("pattern") ?? "";
      if (!/^[0-9a-f]{64}$/i.test(pattern)) throw new UsageError("--pattern: expected 64 hex digits");
      const { store } = await locateKeyring(values, io.environment);
      return show(await store.change((keyring) => keyring.commit(Buffer.from(pattern, "hex"))), values, io);
    },
  },
  transition("clear-next", "empty the next register", (keyring) => keyring.clearNext()),
  transition("activate", "the next master key becomes the current one; the old one still opens blobs", (keyring) =>
    keyring.activate(),
  ),
  transition("finalise", "forget the previous master key: its blobs open no more", (keyring) => keyring.finalise()),
];

/** A key part from a file: raw or in hex. Errors: {@link UsageError}, PrivateFileError. */
async function readPart(path: string): Promise<Uint8Array> {
  const content = await readPrivateFile(path);
  if (content.length === 32) return content;
  const text = Buffer.from(content).toString("latin1").trim();
  content.fill(0);
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new UsageError(`${path}: expected 32 bytes or 64 hex digits`);
  return Buffer.from(text, "hex");
}

function show(keyring: Keyring, values: Values, io: Io): number {
  const patterns = patternsOf(keyring);
  for (const line of values.has("json") ? [JSON.stringify(patterns)] : lines(patterns)) io.out(line);
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
