/** A header block that breaks RFC 7541: the connection cannot go on, because both ends no longer share one table. */
export class HpackError extends Error {
  override readonly name = "HpackError";
}
