/** Defines and runs the program `grep11-server`. */
import { type Program, packageVersion, readCommandLine, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { CERT_MAKE } from "./certificates/command.ts";
import type { Command, Io } from "./command.ts";
import { ConfigError } from "./config/config-error.ts";
import { MissingFileError } from "./files/missing-file.ts";
import { FileRefusedError } from "./files/regular-file.ts";
import { HEALTHCHECK } from "./health/command.ts";
import { KEY_TRUST } from "./key/commands.ts";
import { KEYRING_COMMANDS } from "./keyring/commands.ts";
import { KeyringLockedError } from "./keyring/keyring-lock.ts";
import { KeyringExistsError } from "./keyring/keyring-store.ts";
import { SERVE } from "./serve.ts";
import { explainSystemError } from "./system-error.ts";

const SIGNALS = [
  ["SIGTERM, SIGINT", "finish running calls and stop"],
  ["SIGHUP", "read keyring and certificates again"],
  ["SIGUSR1", "ignored: no debugger opens"],
] as const;

/** Exit codes with their meanings, which the help prints. */
export const EXIT = {
  done: [0, "done"],
  failed: [1, "failed"],
  usage: [2, "the command line, the configuration or the permissions of a file are wrong"],
  refused: [3, "the keyring refuses the operation"],
} as const;

export const PROGRAM: Program<Command> = {
  name: "grep11-server",
  summary: "a software HSM that speaks GREP11",
  version: () => packageVersion(new URL("../package.json", import.meta.url)),
  commands: [SERVE, HEALTHCHECK, ...KEYRING_COMMANDS, KEY_TRUST, CERT_MAKE],
  common: { title: "Every command", flags: {} },
  topics: [
    {
      name: "exit-codes",
      title: "Exit codes",
      text: [],
      rows: Object.values(EXIT).map(([code, meaning]) => [String(code), meaning]),
    },
    { name: "signals", title: "Signals", text: [], rows: SIGNALS },
  ],
};

/** The classes of errors whose messages are meant for the user, with their exit codes. */
const EXPECTED = [
  [UsageError, EXIT.usage],
  [ConfigError, EXIT.usage],
  [FileRefusedError, EXIT.usage],
  [MissingFileError, EXIT.usage],
  [KeyringExistsError, EXIT.refused],
  [KeyringLockedError, EXIT.refused],
  [ck.CkError, EXIT.refused],
] as const;

/** Runs the command line `argv`, which does not include the name of the program. Returns the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = readCommandLine(PROGRAM, argv);
    if (!("text" in parsed)) return await parsed.command.run({ ...parsed, io });
    io.out(parsed.text.trimEnd());
    return EXIT.done[0];
  } catch (error) {
    const expected = EXPECTED.find(([kind]) => error instanceof kind);
    io.err(`grep11-server: ${expected === undefined ? explainSystemError(error as Error) : (error as Error).message}`);
    return (expected?.[1] ?? EXIT.failed)[0];
  }
}
