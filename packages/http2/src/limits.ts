/** Defines the limits of a connection, and describes the attack that each limit stops. */

/** The limits that one side of a connection sets. */
export interface Limits {
  /**
   * How many streams a client may have open at once. A server refuses further streams with REFUSED_STREAM. A client
   * observes this limit until the server has announced its own.
   */
  readonly maxConcurrentStreams: number;
  /**
   * The maximum size in bytes of a decoded header list (RFC 9113, section 6.5.2). This stops HPACK bombs, which refer
   * to one large field many times.
   */
  readonly maxHeaderListBytes: number;
  /** How many fields a header list may have. */
  readonly maxHeaderFields: number;
  /**
   * The maximum size in bytes of an encoded header block with all its frames. This stops endless CONTINUATION frames
   * (CVE-2024-27316).
   */
  readonly maxHeaderBlockBytes: number;
  /**
   * How many CONTINUATION frames a header block may have. This stops an endless sequence of empty CONTINUATION frames.
   */
  readonly maxContinuations: number;
  /** The maximum size in bytes of our decoder's dynamic table. The peer learns it from SETTINGS_HEADER_TABLE_SIZE. */
  readonly headerTableBytes: number;
  /**
   * The size in bytes of a stream's window. The peer may send this many bytes on one stream before we have consumed
   * them.
   */
  readonly streamWindowBytes: number;
  /** The size in bytes of the connection's window, which all streams share. */
  readonly connectionWindowBytes: number;
  /**
   * How many bytes of DATA frames we prepare while the socket does not accept more. Further data waits in its stream.
   */
  readonly maxOutputBytes: number;
  /**
   * How many bytes of output may wait in total. Must be larger than `maxOutputBytes`. This stops a peer that makes us
   * send frames but does not read them, such as acknowledgements of PING and SETTINGS (CVE-2019-9512, CVE-2019-9515).
   */
  readonly maxUnreadBytes: number;
  /**
   * The points that limit useless frames. Each of these costs one point:
   * - PING, SETTINGS, PRIORITY, WINDOW_UPDATE, tiny DATA, frames of unknown types, and frames for closed streams
   *   (CVE-2019-9512, CVE-2019-9515, CVE-2019-9517, CVE-2019-9518).
   * - A reset, whether the peer sends it or makes us send it (CVE-2023-44487, CVE-2025-8671).
   */
  readonly budget: Budget;
}

/** A budget of points that useless frames spend. It starts with `most` points, and never has more. */
export interface Budget {
  readonly most: number;
  readonly perSecond: number;
  /** How many points are added for each stream that both sides complete. */
  readonly perStream: number;
  /** How many points are added for each KiB of DATA that is sent or received. */
  readonly perKibibyte: number;
  /**
   * How many points it costs the peer to reset an open stream. 0 if the code that uses the connection counts these
   * resets itself.
   */
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
