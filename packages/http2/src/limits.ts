/** Every bound of a connection, with the attack that it stops. */

/** What one end of a connection accepts. */
export interface Limits {
  /** Streams that the peer may have open at once; more are refused with REFUSED_STREAM. */
  readonly maxConcurrentStreams: number;
  /** Size of a decoded header list as RFC 9113 counts it (section 6.5.2): bombs of HPACK references. */
  readonly maxHeaderListBytes: number;
  /** Fields of a header list. */
  readonly maxHeaderFields: number;
  /** Bytes of an encoded header block, over all its frames: endless CONTINUATION (CVE-2024-27316). */
  readonly maxHeaderBlockBytes: number;
  /** CONTINUATION frames of a header block: the same with empty frames. */
  readonly maxContinuations: number;
  /** The table of our decoder, announced as SETTINGS_HEADER_TABLE_SIZE. */
  readonly headerTableBytes: number;
  /** How much the peer may send ahead on a stream, and over all streams. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** DATA that is framed while the socket takes no more; the rest waits where it is. */
  readonly maxOutputBytes: number;
  /**
   * Frames of any kind that the peer makes us send and does not read, such as acknowledgements of PING and SETTINGS (CVE-2019-9512,
   * 9515) and responses without a body. More than `maxOutputBytes`.
   */
  readonly maxUnreadBytes: number;
  /**
   * Frames that do no work: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, tiny DATA, unknown types, frames for streams that are
   * over (CVE-2019-9512, 9515, 9517, 9518), and resets, the peer's own and those that it provokes (CVE-2023-44487,
   * CVE-2025-8671). Each costs a point of a budget.
   */
  readonly budget: Budget;
}

/** Points that useless frames cost. What is not spent accumulates up to `most`, which is also the start. */
export interface Budget {
  readonly most: number;
  readonly perSecond: number;
  /** For a stream that both ends have completed. */
  readonly perStream: number;
  /** For each KiB of DATA, in either direction. */
  readonly perKibibyte: number;
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
  budget: { most: 1000, perSecond: 100, perStream: 10, perKibibyte: 1 },
};
