/** Thrown for input that is not in the expected encoding. The message says where the structure is wrong and never quotes the input. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
}
