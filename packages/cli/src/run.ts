import { type Flags, readCommandLine, UsageError, type Values } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { Command } from "./command.ts";
import { failureText } from "./connection/connection-advice.ts";
import { resolveSettings, type Settings } from "./connection/settings.ts";
import { PROGRAM } from "./program.ts";
import { EXIT_CODES, exitCodeOf } from "./terminal/exit-code.ts";
import type { CONNECTION_FLAGS } from "./terminal/flags.ts";
import { hintFor } from "./terminal/hints.ts";
import type { Connection, Io } from "./terminal/io.ts";
import { paint } from "./terminal/output.ts";

/** Runs the command line `argv`, which lacks the name of the program. Reports errors on stderr. Returns the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let settings: Settings | undefined;
  try {
    const parsed = readCommandLine(PROGRAM, argv);
    if ("text" in parsed) await io.stdout.write(parsed.text);
    else {
      settings = await resolveSettings(io, parsed.flags as ConnectionValues);
      await execute(parsed, settings, io);
    }
    return EXIT_CODES.ok[0];
  } catch (error) {
    if (!io.signal.aborted) await report(error, io, settings);
    return exitCodeOf(error, io.signal);
  }
}

type ConnectionValues = Values<typeof CONNECTION_FLAGS>;

async function execute(
  { command, flags, args }: { command: Command; flags: Values<Flags>; args: readonly string[] },
  settings: Settings,
  io: Io,
): Promise<void> {
  const connect = await io.loadTransport();
  let connection: Connection | undefined;
  try {
    await command.run({
      flags,
      args,
      io,
      settings,
      options: { signal: io.signal, timeoutMs: (flags as ConnectionValues).timeout * 1000 },
      get hsm() {
        connection ??= connect(settings);
        return connection.ep11;
      },
    });
  } finally {
    connection?.close();
  }
}

async function report(error: unknown, io: Io, settings: Settings | undefined): Promise<void> {
  await io.stderr.write(`${paint(io, 31, "error:")} ${messageOf(error)}\n`);
  if (error instanceof ck.CkError) await io.stderr.write(`${paint(io, 36, "hint:")} ${hintFor(error, settings)}\n`);
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  return error instanceof ck.CkError ? failureText(error) : ((error as Error).stack ?? String(error));
}
