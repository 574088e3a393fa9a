/** A message authentication code under one key, computed in one call or in parts. */
export interface Mac {
  /** Length of the MAC in bytes. */
  readonly bytes: number;
  compute(data: Uint8Array): Uint8Array;
  /** Returns the state before any data. It is as secret as the key, because MACs can be computed from it. */
  init(): Uint8Array;
  /** Returns the state after `data`; `state` is not changed. */
  update(state: Uint8Array, data: Uint8Array): Uint8Array;
  final(state: Uint8Array): Uint8Array;
  /** The other methods must only be called with states for which this returns true. */
  isState(state: Uint8Array): boolean;
}

export function truncated(mac: Mac, bytes: number): Mac {
  return {
    ...mac,
    bytes,
    compute: (data) => mac.compute(data).slice(0, bytes),
    final: (state) => mac.final(state).slice(0, bytes),
  };
}
