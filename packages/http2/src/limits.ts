/** The limits of a connection, each with the attack that it stops. */

/** The limits that one side of a connection sets. */
export interface Limits {
  /**
   * How many streams a client may have open at once. A server refuses further ones with REFUSED_STREAM; a client keeps to this
   * number until the server has announced its own.
   */
  readonly maxConcurrentStreams: number;
  /**
   * Size in bytes of a decoded header list, as defined in RFC 9113, section 6.5.2. Stops HPACK bombs, which repeat references to
   * a large field.
   */
  readonly maxHeaderListBytes: number;
  /** How many fields a header list may have. */
  readonly maxHeaderFields: number;
  /** Size in bytes of an encoded header block, over all its frames. Stops endless CONTINUATION frames (CVE-2024-27316). */
  readonly maxHeaderBlockBytes: number;
  /** How many CONTINUATION frames a header block may have. Stops the same attack with empty frames. */
  readonly maxContinuations: number;
  /** Size in bytes of our decoder's dynamic table, announced as SETTINGS_HEADER_TABLE_SIZE. */
  readonly headerTableBytes: number;
  /** How many bytes the peer may send before we have consumed them, on one stream and over all streams. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** How many bytes of DATA frames we prepare while the socket accepts no more. Further data waits in its stream. */
  readonly maxOutputBytes: number;
  /**
   * How many bytes of frames of any kind may wait for a peer that causes them but does not read, such as acknowledgements of
   * PING and SETTINGS (CVE-2019-9512, 9515) and responses without a body. Must be larger than `maxOutputBytes`.
   */
  readonly maxUnreadBytes: number;
  /**
   * The points that limit useless frames: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, tiny DATA, unknown types, frames for closed
   * streams (CVE-2019-9512, 9515, 9517, 9518), and resets, whether the peer sends them or causes us to send them (CVE-2023-44487,
   * CVE-2025-8671). Each costs one point.
   */
  readonly budget: Budget;
}

/** A budget of points that useless frames spend. It starts full, with `most` points, and is refilled up to that number. */
export interface Budget {
  readonly most: number;
  readonly perSecond: number;
  /** How many points a stream earns that both sides have completed. */
  readonly perStream: number;
  /** How many points each KiB of DATA earns, in either direction. */
  readonly perKibibyte: number;
  /** Points that a reset of an open stream by the peer costs; 0 for owners that count such resets themselves. */
  readonly resetCost: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxConcurrentStreams: 100,
  maxHeaderListBytes: 64 * 1024,
  maxHeaderFields: 256,
  maxHeaderBlockBytes: 64 * 1024,
  maxContinuations: 16,
  headerTableBytes: 4096,
  streamWindowBytes: 65_535,
  connectionWindowBytes: 65_535,
  maxOutputBytes: 256 * 1024,
  maxUnreadBytes: 1024 * 1024,
  budget: { most: 1000, perSecond: 100, perStream: 10, perKibibyte: 1, resetCost: 1 },
};
