/** One run of the program: arguments in, exit code out. */
import { readCommandLine, UsageError, type Values } from "@grep11/command-line";
import { CkError } from "@grep11/cryptoki";
import { EXIT_CODES, exitCodeOf } from "./exit-code.ts";
import type { CONNECTION_FLAGS } from "./flags.ts";
import { hintFor } from "./hints.ts";
import type { Connection, Io } from "./io.ts";
import { paint } from "./output.ts";
import { PROGRAM } from "./program.ts";
import { resolveSettings } from "./settings.ts";

/** Runs the command in `argv` (without program names) and answers the exit code; errors are reported on stderr. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    await carryOut(argv, io);
    return EXIT_CODES.ok[0];
  } catch (error) {
    const interrupted = io.signal.aborted;
    if (!interrupted) await report(error, io);
    return exitCodeOf(error, interrupted);
  }
}

async function carryOut(argv: readonly string[], io: Io): Promise<void> {
  const asked = readCommandLine(PROGRAM, argv);
  if ("text" in asked) return io.stdout.write(asked.text);
  const { command, args } = asked;
  const flags = asked.flags as typeof asked.flags & Values<typeof CONNECTION_FLAGS>;
  const settings = await resolveSettings(io, flags);
  let connection: Connection | undefined;
  try {
    await command.run({
      flags,
      args,
      io,
      settings,
      options: { signal: io.signal, timeoutMs: flags.timeout * 1000 },
      get hsm() {
        connection ??= io.connect(settings);
        return connection.ep11;
      },
    });
  } finally {
    connection?.close();
  }
}

async function report(error: unknown, io: Io): Promise<void> {
  const expected = error instanceof CkError || error instanceof UsageError;
  const text = expected ? error.message : ((error as Error).stack ?? String(error));
  const hint = error instanceof CkError ? hintFor(error.rv) : undefined;
  await io.stderr.write(`${paint(io, 31, "error:")} ${text}\n`);
  if (hint !== undefined) await io.stderr.write(`${paint(io, 36, "hint:")} ${hint}\n`);
}
