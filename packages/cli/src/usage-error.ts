/**
 * The command cannot be carried out as it was given: wrong arguments, files, settings. Not a CkError, because no HSM said
 * it, and the exit code is another one.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
