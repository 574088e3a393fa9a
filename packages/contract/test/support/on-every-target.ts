/** Runs a suite on every target. */
import * as ck from "@grep11/cryptoki";
import type { EngineOptions } from "@grep11/engine";
import { afterAll, beforeAll, describe } from "vitest";
import { KeyFixtures, openTarget, TARGETS, type Target, type TargetName } from "../../src/index.ts";
import "./rv.ts";
import { inWholeBlocks } from "./whole-blocks.ts";

/** The target and keys of a suite. They are available once the first test of the suite runs. */
export interface Subject {
  readonly name: TargetName;
  readonly target: Target;
  readonly keys: KeyFixtures;
}

/** Registers `suite` for each target under `title`. `only` restricts it to some targets. */
export function onEveryTarget(
  title: string,
  suite: (subject: Subject) => void,
  { only = TARGETS, options }: { only?: readonly TargetName[]; options?: Partial<EngineOptions> } = {},
): void {
  describe.each(TARGETS.filter((name) => only.includes(name)))(`${title} on %s`, (name) => {
    let target: Target | undefined;
    let keys: KeyFixtures | undefined;
    beforeAll(async () => {
      const opened = await openTarget(name, options);
      target = { ...opened, ep11: inWholeBlocks(opened.ep11) };
      keys = new KeyFixtures(target.ep11);
    });
    afterAll(() => target?.close());
    suite({
      name,
      get target() {
        return target!;
      },
      get keys() {
        return keys!;
      },
    });
  });
}

/** Returns a copy of `bytes` with the bit `index` flipped (0 is the highest bit of the first byte). */
export function flipBit(bytes: Uint8Array, index: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[index >> 3]! ^= 0x80 >> (index & 7);
  return flipped;
}

/** Returns pseudo-random bytes that are the same in every run. */
export function sample(length: number, seed = 1): Uint8Array {
  let state = seed * 2654435761;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/**
 * Reads attributes of `key` and returns their values in the order of `attributes`. The map in the response can have
 * another order.
 */
export async function readAttributes(
  { target }: Subject,
  key: ck.KeyArgument,
  ...attributes: readonly number[]
): Promise<(ck.AttributeValue | undefined)[]> {
  const response = await target.ep11.getAttributeValue({ object: ck.sealedBytes(key), attributes });
  return attributes.map((attribute) => response.attributes.get(attribute));
}
