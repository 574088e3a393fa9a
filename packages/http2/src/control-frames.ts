/**
 * Handles the frames that are not part of a message, such as SETTINGS, WINDOW_UPDATE, RST_STREAM and PING (RFC 9113,
 * sections 6.3 to 6.9).
 */
import type { Allowance } from "./allowance.ts";
import { ConnectionError, ErrorCode, frameSizeError, protocolError } from "./errors.ts";
import { Flag, FrameType, MAX_STREAM_ID, MAX_WINDOW_BYTES, uint32 } from "./frame.ts";
import { PING_BYTES, type Pings } from "./pings.ts";
import type { Sender } from "./sender.ts";
import type { Streams } from "./streams.ts";

/** The events of control frames. */
export interface ControlEvents {
  /** Called when the peer has sent settings. */
  settings(): void;
  /** Called when the peer has acknowledged our settings. */
  acknowledged(): void;
  /** Called when the peer has announced that it does not serve the streams above `lastStreamId`. */
  goaway(code: number, lastStreamId: number): void;
}

const NOTHING = new Uint8Array(0);

/** Processes the control frames of one connection. */
export class ControlFrames {
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #pings: Pings;
  readonly #allowance: Allowance;
  readonly #events: ControlEvents;
  /** Whether the peer's first SETTINGS frame has arrived. */
  sawSettings = false;

  constructor(sender: Sender, streams: Streams, pings: Pings, allowance: Allowance, events: ControlEvents) {
    this.#sender = sender;
    this.#streams = streams;
    this.#pings = pings;
    this.#allowance = allowance;
    this.#events = events;
  }

  /** Processes a frame. Throws ConnectionError. `payload` is only valid during the call. */
  handle(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    switch (type) {
      case FrameType.WINDOW_UPDATE:
        this.#windowUpdate(streamId, payload);
        return;
      case FrameType.RST_STREAM:
        this.#reset(streamId, payload);
        return;
      case FrameType.PING:
        this.#ping(flags, streamId, payload);
        return;
      case FrameType.SETTINGS:
        this.#settings(flags, streamId, payload);
        return;
      case FrameType.GOAWAY:
        this.#goaway(streamId, payload);
        return;
      case FrameType.PRIORITY:
        this.#priority(streamId, payload);
        return;
      case FrameType.PUSH_PROMISE:
        throw protocolError("push was not allowed");
      default:
        // Frames of unknown types are ignored (section 5.5), but they use up the budget of useless frames.
        this.#allowance.spend();
    }
  }

  #windowUpdate(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) throw frameSizeError("WINDOW_UPDATE of a wrong size");
    this.#allowance.spend();
    const increment = uint32(payload, 0) & MAX_WINDOW_BYTES;
    if (streamId === 0) {
      if (increment === 0) throw protocolError("a WINDOW_UPDATE of 0");
      if (!this.#sender.widenConnection(increment)) throw overflow();
      return;
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) this.#streams.requireBegun(streamId);
    else if (increment === 0) this.#streams.resetByRule(stream, ErrorCode.PROTOCOL_ERROR);
    else if (!this.#sender.widenStream(stream, increment)) {
      this.#streams.resetByRule(stream, ErrorCode.FLOW_CONTROL_ERROR);
    }
  }

  #reset(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) throw frameSizeError("RST_STREAM of a wrong size");
    this.#streams.requireBegun(streamId);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#allowance.spend();
    } else {
      this.#allowance.resetByPeer();
      this.#streams.resetByPeer(stream, uint32(payload, 0));
    }
  }

  #ping(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw protocolError("PING on a stream");
    if (payload.length !== PING_BYTES) throw frameSizeError("PING of a wrong size");
    if ((flags & Flag.ACK) === 0) {
      this.#allowance.spend();
      this.#sender.frame(FrameType.PING, Flag.ACK, 0, payload);
    } else if (!this.#pings.acknowledged(payload)) {
      this.#allowance.spend();
    }
  }

  #settings(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw protocolError("SETTINGS on a stream");
    if ((flags & Flag.ACK) !== 0) {
      if (payload.length !== 0) throw frameSizeError("an acknowledgement of SETTINGS with a payload");
      if (!this.sawSettings) throw protocolError("the first frame is not SETTINGS");
      if (this.#sender.settingsAcknowledged()) this.#events.acknowledged();
      else this.#allowance.spend();
      return;
    }
    if (this.sawSettings) this.#allowance.spend();
    this.sawSettings = true;
    const change = this.#sender.peerSettings(payload);
    if (change !== 0) {
      // Iterates over a copy, because a callback may start streams. Those already have the new window size.
      for (const stream of [...this.#streams.all()]) if (!this.#sender.widenStream(stream, change)) throw overflow();
    }
    this.#sender.frame(FrameType.SETTINGS, Flag.ACK, 0, NOTHING);
    this.#events.settings();
  }

  #goaway(streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw protocolError("GOAWAY on a stream");
    if (payload.length < 8) throw frameSizeError("GOAWAY of a wrong size");
    this.#allowance.spend();
    this.#events.goaway(uint32(payload, 4), uint32(payload, 0) & MAX_STREAM_ID);
  }

  /**
   * Checks that a PRIORITY frame is valid. Its content is ignored, because priorities are deprecated (section 5.3.2).
   */
  #priority(streamId: number, payload: Uint8Array): void {
    if (streamId === 0) throw protocolError("PRIORITY without a stream");
    this.#allowance.spend();
    if (payload.length === 5) {
      if ((uint32(payload, 0) & MAX_STREAM_ID) === streamId) throw protocolError("a stream depends on itself");
      return;
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) throw frameSizeError("PRIORITY of a wrong size");
    this.#streams.resetByRule(stream, ErrorCode.FRAME_SIZE_ERROR);
  }
}

function overflow(): ConnectionError {
  return new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window is too large");
}
