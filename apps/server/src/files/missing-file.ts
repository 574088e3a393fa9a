/** Reports that a file is missing. The message names the setting or option that requires the file, its path, and the remedy. */
export class MissingFileError extends Error {
  override readonly name = "MissingFileError";
}

/** Returns the result of `reading`, or undefined if it fails because the file does not exist (ENOENT). */
export async function ifPresent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Returns the result of `reading`. Errors: MissingFileError if the file does not exist (ENOENT); others are unchanged. */
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
