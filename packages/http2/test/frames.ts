/** Builds and parses frames byte by byte (RFC 9113). It uses only the names of error codes from the code under test. */
import { errorName } from "../src/errors.ts";
import { FrameType } from "../src/frame.ts";

export { ErrorCode } from "../src/errors.ts";
export { Flag, FrameType, PREFACE, Setting } from "../src/frame.ts";

/** A parsed frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const PRIORITY = 0x20;

export type Bytes = Uint8Array | readonly number[];

export function bytes(...parts: readonly Bytes[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Converts hexadecimal text to bytes. Spaces are ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** Converts text to bytes, one for each character. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function u16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

export function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function frame(type: number, flags: number, streamId: number, payload: Bytes = []): Uint8Array {
  const built = new Uint8Array(9 + payload.length);
  built.set([payload.length >>> 16, (payload.length >>> 8) & 0xff, payload.length & 0xff, type, flags]);
  built.set(u32(streamId), 5);
  built.set(payload, 9);
  return built;
}

export function data(streamId: number, payload: Bytes, flags = 0): Uint8Array {
  return frame(FrameType.DATA, flags, streamId, payload);
}

export function headers(streamId: number, block: Bytes, flags = END_HEADERS): Uint8Array {
  return frame(FrameType.HEADERS, flags, streamId, block);
}

export function continuation(streamId: number, block: Bytes, flags = END_HEADERS): Uint8Array {
  return frame(FrameType.CONTINUATION, flags, streamId, block);
}

export function priority(streamId: number, dependsOn: number, weight = 15): Uint8Array {
  return frame(FrameType.PRIORITY, 0, streamId, [...u32(dependsOn), weight]);
}

export function rstStream(streamId: number, code: number): Uint8Array {
  return frame(FrameType.RST_STREAM, 0, streamId, u32(code));
}

export function settings(...pairs: readonly (readonly [number, number])[]): Uint8Array {
  return frame(
    FrameType.SETTINGS,
    0,
    0,
    pairs.flatMap(([id, value]) => [...u16(id), ...u32(value)]),
  );
}

export function settingsAck(): Uint8Array {
  return frame(FrameType.SETTINGS, ACK, 0);
}

export function ping(payload: Bytes = [1, 2, 3, 4, 5, 6, 7, 8], flags = 0): Uint8Array {
  return frame(FrameType.PING, flags, 0, payload);
}

export function goaway(lastStreamId: number, code: number, debug: Bytes = []): Uint8Array {
  return frame(FrameType.GOAWAY, 0, 0, [...u32(lastStreamId), ...u32(code), ...debug]);
}

export function windowUpdate(streamId: number, increment: number): Uint8Array {
  return frame(FrameType.WINDOW_UPDATE, 0, streamId, u32(increment));
}

/**
 * Encodes fields as a header block. Each field is a literal without indexing, with a new name and no Huffman code (RFC
 * 7541, section 6.2.2).
 */
export function block(...fields: readonly string[]): Uint8Array {
  const built: number[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    built.push(0x00, ...string(fields[at]!), ...string(fields[at + 1]!));
  }
  return Uint8Array.from(built);
}

/** Encodes a string literal without Huffman code (RFC 7541, section 5.2). */
export function string(text: string): number[] {
  return [...integer(text.length, 0x7f), ...ascii(text)];
}

/**
 * Encodes an integer that begins in the bits of `mask`. `flags` are the other bits of the first byte (RFC 7541, section
 * 5.1).
 */
export function integer(value: number, mask: number, flags = 0): number[] {
  if (value < mask) return [flags | value];
  const built = [flags | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) built.push((rest % 128) | 0x80);
  built.push(rest);
  return built;
}

/** Returns all frames in `input`, which must end with a complete frame. */
export function parse(input: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < input.length; ) {
    const view = new DataView(input.buffer, input.byteOffset + at);
    const length = view.getUint32(0) >>> 8;
    if (at + 9 + length > input.length) throw new Error("the output ends within a frame");
    frames.push({
      type: view.getUint8(3),
      flags: view.getUint8(4),
      streamId: view.getUint32(5),
      payload: input.slice(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}

/** Describes `frame` in a few words that tests can compare, such as "RST_STREAM 1 CANCEL" or "DATA 1 5 bytes END". */
export function describe({ type, flags, streamId, payload }: Frame): string {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const ends = (flags & END_STREAM) !== 0 ? " END" : "";
  switch (type) {
    case FrameType.DATA:
      return `DATA ${streamId} ${payload.length} bytes${ends}`;
    case FrameType.HEADERS:
      return `HEADERS ${streamId}${ends}`;
    case FrameType.RST_STREAM:
      return `RST_STREAM ${streamId} ${errorName(view.getUint32(0))}`;
    case FrameType.SETTINGS:
      return (flags & ACK) !== 0 ? "SETTINGS ACK" : "SETTINGS";
    case FrameType.PING:
      return (flags & ACK) !== 0 ? `PING ACK ${[...payload].join(",")}` : "PING";
    case FrameType.GOAWAY:
      return `GOAWAY ${view.getUint32(0)} ${errorName(view.getUint32(4))}`;
    case FrameType.WINDOW_UPDATE:
      return `WINDOW_UPDATE ${streamId} ${view.getUint32(0)}`;
    default:
      return `frame ${type} on ${streamId}`;
  }
}

/**
 * Returns which error `frames`, the reply of the code under test, contain: "connection PROTOCOL_ERROR", "stream 1
 * CANCEL", or "fine" if there is no error.
 */
export function verdict(frames: readonly Frame[]): string {
  for (const sent of frames) {
    const words = describe(sent).split(" ");
    if (sent.type === FrameType.GOAWAY) return `connection ${words[2]}`;
    if (sent.type === FrameType.RST_STREAM) return `stream ${words[1]} ${words[2]}`;
  }
  return "fine";
}
