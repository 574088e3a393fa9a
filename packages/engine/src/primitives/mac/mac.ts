/** A message authentication code under one key, in one call and in parts whose running state is plain bytes. */
export interface Mac {
  /** Length of the whole code in bytes. */
  readonly bytes: number;
  /** The code of `data`. */
  compute(data: Uint8Array): Uint8Array;
  /** The state before any data. It is as secret as the key: with it anyone can compute codes. */
  init(): Uint8Array;
  /** The state after `data`; `state` is not changed. */
  update(state: Uint8Array, data: Uint8Array): Uint8Array;
  /** The code of all data so far. */
  final(state: Uint8Array): Uint8Array;
  /** Whether the bytes are a state of this code. The other methods accept only those. */
  isState(state: Uint8Array): boolean;
}

/** `mac` cut to its leading `bytes` bytes. */
export function truncated(mac: Mac, bytes: number): Mac {
  return {
    ...mac,
    bytes,
    compute: (data) => mac.compute(data).slice(0, bytes),
    final: (state) => mac.final(state).slice(0, bytes),
  };
}
