/** The log of the server: JSON lines on stderr. Names, numbers and codes only; no request, key, PIN or token ever enters it. */
import type { CkError } from "@grep11/cryptoki";
import { CKR_OK, ckrName } from "@grep11/cryptoki";
import type { CallRecord } from "@grep11/server";
import { destination, type Logger, pino } from "pino";

export type Log = Logger;

/** Members that are blanked wherever they stand, should a later hand log an object that has them. */
const SECRET_MEMBERS = ["pin", "key", "plain", "state", "token", "authorization", "apikey", "passphrase", "cert"];

/** A log that keeps lines of `level` and above; "warning" is IBM's word for pino's warn. */
export function createLog(level: string): Log {
  const paths = SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`]);
  return pino(
    { level: level === "warning" ? "warn" : level, redact: { paths, censor: "[secret]" }, base: { pid: process.pid } },
    destination({ fd: 2, sync: true }),
  );
}

/** One line per failed call; successful ones only at level debug. */
export function logCall(log: Log, record: CallRecord): void {
  const line = {
    rpc: record.rpc,
    rv: ckrName(record.rv),
    ms: Math.round(record.ms * 10) / 10,
    protocol: record.protocol,
    principal: record.principal,
    peer: record.peer.address,
  };
  if (record.rv === CKR_OK) log.debug(line, "call");
  else log.info(line, "call failed");
}

/** The cause of a failure: its kind, its code and where it arose. Its message is left out: it may quote its input. */
export function logCause(log: Log, error: CkError, rpc: string): void {
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
