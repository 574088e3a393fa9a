/** One run of the program: arguments in, exit code out. */
import { readFileSync } from "node:fs";
import { CkError } from "@grep11/cryptoki";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/table.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-code.ts";
import { commandHelp, overview, TOPICS, topicHelp } from "./help.ts";
import { hintFor } from "./hints.ts";
import type { Connection, Io } from "./io.ts";
import { paint, printLine } from "./output.ts";
import { findCommand, parseFlags } from "./parse.ts";
import { resolveSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** Runs the command in `argv` (without program names) and answers the exit code; errors are reported on stderr. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const found = findCommand(COMMANDS, argv);
    if (found === undefined) await runWithoutCommand(argv, io);
    else await runCommand(found.command, found.rest, io);
    return EXIT_CODES.ok[0];
  } catch (error) {
    const interrupted = io.signal.aborted;
    if (!interrupted) await report(error, io);
    return exitCodeOf(error, interrupted);
  }
}

async function runWithoutCommand(argv: readonly string[], io: Io): Promise<void> {
  const [word = "help", ...rest] = argv;
  if (word === "--version" || word === "version") return printLine(io, version());
  if (word !== "--help" && word !== "help") {
    const group = COMMANDS.filter(({ name }) => name.startsWith(`${word} `)).map(({ name }) => name);
    const known = group.length > 0 ? `there are ${group.join(", ")}` : "see grep11 help";
    throw new UsageError(`${argv.slice(0, group.length > 0 ? 2 : 1).join(" ")} is not a command; ${known}`);
  }
  const topic = TOPICS.find(({ name }) => name === rest[0]);
  const command = findCommand(COMMANDS, rest)?.command;
  if (rest.length > 0 && topic === undefined && command === undefined)
    throw new UsageError(`there is no help on ${rest.join(" ")}`);
  const text =
    topic !== undefined ? topicHelp(topic) : command !== undefined ? commandHelp(command) : overview(COMMANDS);
  await io.stdout.write(text);
}

async function runCommand(command: Command, argv: readonly string[], io: Io): Promise<void> {
  const { flags, args } = parseFlags(command, argv);
  if (flags.help) return io.stdout.write(commandHelp(command));
  const settings = await resolveSettings(io, flags);
  let connection: Connection | undefined;
  try {
    await command.run({
      flags,
      args,
      io,
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

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
