/** Reports that a command cannot run because its arguments, files or settings are wrong. The message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
