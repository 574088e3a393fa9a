import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { everyCut } from "../../../test/parts.ts";
import { NO_KEY } from "../../objects/key.ts";
import { hash } from "../../primitives/hash/hash.ts";
import type { Family } from "../family.ts";
import { digest } from "./digest.ts";

type DigestFamily = Required<Pick<Family<undefined>, "digest" | "digestInit" | "digestUpdate" | "digestFinal">>;

const NAMES = Object.keys(ck.HASHES) as ck.HashName[];
const DATA = Uint8Array.from({ length: 150 }, (_, index) => index);

test.each(NAMES)("%s in one call and in parts; the state is a small value", (name) => {
  const family = digest(name) as DigestFamily;
  expect(family.digest(NO_KEY, undefined, DATA)).toEqual(hash(name, DATA));
  for (const parts of everyCut(DATA)) {
    let runningState = family.digestInit(NO_KEY, undefined);
    for (const part of parts) {
      runningState = family.digestUpdate(NO_KEY, undefined, runningState.slice(), part);
      expect(runningState.length).toBeLessThan(700);
    }
    expect(family.digestFinal(NO_KEY, undefined, runningState)).toEqual(hash(name, DATA));
  }
  expect(family.digestFinal(NO_KEY, undefined, family.digestInit(NO_KEY, undefined))).toEqual(
    hash(name, new Uint8Array(0)),
  );
});

test("the running state of another digest", () => {
  const family = digest("sha256") as DigestFamily;
  const refused = expect.objectContaining({ rv: ck.CKR_SAVED_STATE_INVALID });
  for (const wrong of [
    (digest("sha224") as DigestFamily).digestInit(NO_KEY, undefined),
    new Uint8Array(0),
    family.digestInit(NO_KEY, undefined).slice(1),
  ]) {
    expect(() => family.digestUpdate(NO_KEY, undefined, wrong, DATA)).toThrow(refused);
    expect(() => family.digestFinal(NO_KEY, undefined, wrong)).toThrow(refused);
  }
});
