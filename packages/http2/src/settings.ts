/** Reads SETTINGS frames (RFC 9113, section 6.5). */
import { ConnectionError, ErrorCode, excessError, frameSizeError } from "./errors.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES, MAX_FRAME_BYTES, MAX_WINDOW_BYTES, Setting } from "./frame.ts";

const SETTING_BYTES = 6;
/**
 * How many settings a frame may have. Only six are defined, and processing unknown or repeated settings is wasted work.
 */
const MOST_SETTINGS = 64;

/** The peer's settings that this code uses. */
export class PeerSettings {
  maxConcurrentStreams = Number.POSITIVE_INFINITY;
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES;
  maxFrameBytes: number = DEFAULT_FRAME_BYTES;
  enablePush = false;
}

/**
 * Reads the payload of a SETTINGS frame into `into`. Calls `onTableSize` for each HEADER_TABLE_SIZE, because our HPACK
 * encoder must announce the smallest. For an invalid value, throws ConnectionError with the code that RFC 9113 defines.
 */
export function readSettings(payload: Uint8Array, into: PeerSettings, onTableSize: (bytes: number) => void): void {
  if (payload.length % SETTING_BYTES !== 0) throw frameSizeError("SETTINGS of a wrong size");
  if (payload.length > MOST_SETTINGS * SETTING_BYTES) throw excessError("too many settings in one frame");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  for (let at = 0; at < payload.length; at += SETTING_BYTES) {
    const id = view.getUint16(at);
    const value = view.getUint32(at + 2);
    if (id === Setting.HEADER_TABLE_SIZE) onTableSize(value);
    else apply(id, value, into);
  }
}

function apply(id: number, value: number, into: PeerSettings): void {
  switch (id) {
    case Setting.ENABLE_PUSH:
      if (value > 1) throw wrong(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH");
      into.enablePush = value === 1;
      return;
    case Setting.MAX_CONCURRENT_STREAMS:
      into.maxConcurrentStreams = value;
      return;
    case Setting.INITIAL_WINDOW_SIZE:
      if (value > MAX_WINDOW_BYTES) throw wrong(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE");
      into.initialWindowBytes = value;
      return;
    case Setting.MAX_FRAME_SIZE:
      if (value < DEFAULT_FRAME_BYTES || value > MAX_FRAME_BYTES)
        throw wrong(ErrorCode.PROTOCOL_ERROR, "MAX_FRAME_SIZE");
      into.maxFrameBytes = value;
      return;
    default:
    // MAX_HEADER_LIST_SIZE is not used, because it is only advisory. Unknown settings are ignored (section 6.5.2).
  }
}

function wrong(code: number, name: string): ConnectionError {
  return new ConnectionError(code, `a value that SETTINGS_${name} cannot have`);
}
