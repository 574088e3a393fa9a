/**
 * Thrown for input that does not have the expected encoding. The message says where the structure is wrong and never quotes the
 * input.
 */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
}
