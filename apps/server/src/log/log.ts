/** Logs JSON lines on stderr. They contain only names, numbers and codes, never a request, key, PIN or token. */
import type * as ck from "@grep11/cryptoki";
import { type Logger, pino } from "pino";
import { BoundedDestination } from "./bounded-destination.ts";
import { standardErrorSink } from "./sink.ts";

export type Log = Logger;

/** The values of members with these names are redacted in every logged object. */
const SECRET_MEMBERS = ["pin", "key", "plain", "state", "token", "authorization", "apikey", "passphrase", "cert"];

/** Opens stderr as the destination of the log. A process must do this only once. */
export function openLogDestination(): BoundedDestination {
  return new BoundedDestination(standardErrorSink(), {
    reportLost: (count) =>
      JSON.stringify({
        level: pino.levels.values.warn,
        time: Date.now(),
        pid: process.pid,
        lost: count,
        msg: "log lines were lost: the reader of this log is too slow, or its disk is full",
      }),
  });
}

/** Returns a log that keeps lines of `level` and above. "warning" is IBM's name for pino's level "warn". */
export function createLog(level: string, destination: BoundedDestination): Log {
  const paths = SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`]);
  return pino(
    { level: level === "warning" ? "warn" : level, redact: { paths, censor: "[secret]" }, base: { pid: process.pid } },
    destination,
  );
}

/** Logs the name, code and stack of an error's cause. The message of the cause is left out, because it may quote input. */
export function logCause(log: Log, error: ck.CkError, rpc: string): void {
  const { cause } = error;
  if (!(cause instanceof Error)) {
    log.error({ rpc, rv: error.rvName, cause: typeof cause }, "internal error");
    return;
  }
  const frames = (cause.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  const code = (cause as NodeJS.ErrnoException).code;
  log.error(
    { rpc, rv: error.rvName, cause: cause.name, code, at: frames.map((line) => line.trim()) },
    "internal error",
  );
}
