/** Explains that a file does not exist which a setting or an option names. */

/** A file is missing. The message names the setting or option, the file and the remedy. */
export class MissingFileError extends Error {
  override readonly name = "MissingFileError";
}

/** Awaits `reading`. Errors: {@link MissingFileError} in place of ENOENT; other errors are unchanged. */
export async function explainMissing<T>(
  reading: Promise<T>,
  { what, path, remedy }: { readonly what: string; readonly path: string; readonly remedy: string },
): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new MissingFileError(`${what}: there is no ${path}; ${remedy}`);
  }
}
