/** The program: its commands, and what an error becomes on the way out. */
import { CkError } from "@grep11/cryptoki";
import { CERT_MAKE } from "./certificates/command.ts";
import { type Command, helpText, type Io, parseCommandLine, UsageError } from "./command-line.ts";
import { ConfigError } from "./config/load.ts";
import { PrivateFileError } from "./files/private-file.ts";
import { KEYRING_COMMANDS } from "./keyring/commands.ts";
import { KeyringExistsError, KeyringLockedError } from "./keyring/keyring-store.ts";
import { SERVE } from "./serve.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [SERVE, ...KEYRING_COMMANDS, CERT_MAKE];

/** Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong, 3 the keyring refuses. */
const EXIT = { done: 0, failed: 1, usage: 2, refused: 3 } as const;

/** Errors whose message is for the person who called, with their exit code. */
const EXPECTED = [
  [UsageError, EXIT.usage],
  [ConfigError, EXIT.usage],
  [PrivateFileError, EXIT.usage],
  [KeyringExistsError, EXIT.refused],
  [KeyringLockedError, EXIT.refused],
  [CkError, EXIT.refused],
] as const;

/** Run one command line, without the program's own name; answers the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h") || argv[0] === "help") {
    io.out(helpText("grep11-server", COMMANDS));
    return EXIT.done;
  }
  try {
    const [command, values] = parseCommandLine(COMMANDS, argv);
    return await command.run(values, io);
  } catch (error) {
    const expected = EXPECTED.find(([kind]) => error instanceof kind);
    if (expected !== undefined) {
      io.say(`grep11-server: ${(error as Error).message}`);
      if (error instanceof UsageError) io.say("grep11-server --help tells more");
      return expected[1];
    }
    io.say(`grep11-server: ${inWords(error as NodeJS.ErrnoException)}`);
    return EXIT.failed;
  }
}

/** What the operating system says, for people. */
function inWords({ code, path, message, ...rest }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return `there is no ${path}`;
  if (code === "EADDRINUSE") {
    const { address, port } = rest as { address?: string; port?: number };
    return `${address}:${port} is in use; choose another port, or 0 for any free one`;
  }
  return message;
}
