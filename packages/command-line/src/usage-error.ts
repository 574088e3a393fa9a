/** A command cannot be carried out as it was given: wrong arguments, files, settings. The message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
