/** Defines the exit codes, by which scripts can distinguish classes of errors. */
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { interruptedCode } from "./interruption.ts";

/** All exit codes with their meanings, which the help prints. */
export const EXIT_CODES = {
  ok: [0, "done"],
  unexpected: [1, "an unexpected error, in this program or in the HSM"],
  usage: [2, "arguments, files or settings are wrong"],
  refused: [3, "the HSM refused the request"],
  signatureInvalid: [4, "the signature is not valid for the data and the key"],
  unreachable: [5, "the HSM cannot be reached, is busy or did not respond in time"],
  notAuthenticated: [6, "the HSM does not accept the credentials, or they do not permit this"],
  hungUp: [129, "the terminal was closed (SIGHUP)"],
  interrupted: [130, "interrupted (Ctrl-C, SIGINT)"],
  terminated: [143, "terminated (SIGTERM)"],
} as const satisfies Record<string, readonly [code: number, meaning: string]>;

type ExitClass = keyof typeof EXIT_CODES;

const CLASSES: ReadonlyMap<number, ExitClass> = new Map([
  [ck.CKR_GENERAL_ERROR, "unexpected"],
  [ck.CKR_IBM_INTERNAL_ERROR, "unexpected"],
  [ck.CKR_IBM_GREP11_CANNOT_MARSHAL, "unexpected"],
  [ck.CKR_DEVICE_ERROR, "unexpected"],
  [ck.CKR_SIGNATURE_INVALID, "signatureInvalid"],
  [ck.CKR_SIGNATURE_LEN_RANGE, "signatureInvalid"],
  [ck.CKR_DEVICE_REMOVED, "unreachable"],
  [ck.CKR_DEVICE_MEMORY, "unreachable"],
  [ck.CKR_IBM_REQ_TIMEOUT, "unreachable"],
  [ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, "notAuthenticated"],
  [ck.CKR_FUNCTION_REJECTED, "notAuthenticated"],
]);

/** Returns the exit code for an error of a command. If a signal has aborted `run`, returns the code of that signal. */
export function exitCodeOf(error: unknown, run?: AbortSignal): number {
  return run?.aborted === true ? interruptedCode(run) : EXIT_CODES[classOf(error)][0];
}

function classOf(error: unknown): ExitClass {
  if (error instanceof UsageError) return "usage";
  if (error instanceof ck.CkError) return CLASSES.get(error.rv) ?? "refused";
  return "unexpected";
}
