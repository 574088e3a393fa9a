/**
 * A message authentication code under one key. It is computed in one call, or in parts with a running state that is plain
 * bytes.
 */
export interface Mac {
  /** Length of the MAC in bytes. */
  readonly bytes: number;
  /** Returns the MAC of `data`. */
  compute(data: Uint8Array): Uint8Array;
  /** Returns the state before any data. It is as secret as the key, since it is enough to compute MACs. */
  init(): Uint8Array;
  /** Returns the state after `data`; `state` is not changed. */
  update(state: Uint8Array, data: Uint8Array): Uint8Array;
  /** Returns the MAC of all data so far. */
  final(state: Uint8Array): Uint8Array;
  /** Returns whether `state` is a state of this MAC. The other methods must only be called with such states. */
  isState(state: Uint8Array): boolean;
}

/** Returns `mac` truncated to its leading `bytes` bytes. */
export function truncated(mac: Mac, bytes: number): Mac {
  return {
    ...mac,
    bytes,
    compute: (data) => mac.compute(data).slice(0, bytes),
    final: (state) => mac.final(state).slice(0, bytes),
  };
}
