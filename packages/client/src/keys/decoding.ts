/** Converts the error for a malformed encoding to the error that callers of this package get. */
import * as ck from "@grep11/cryptoki";
import { EncodingError } from "@grep11/encoding";

/** Returns the result of `decode`. Errors: CKR_ARGUMENTS_BAD if `decode` throws {@link EncodingError}. */
export function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof EncodingError) throw new ck.CkError(ck.CKR_ARGUMENTS_BAD, cause.message, { cause });
    throw cause;
  }
}
