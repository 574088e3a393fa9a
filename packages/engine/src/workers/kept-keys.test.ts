import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { counting } from "../../test/sealing.ts";
import { type Key, NO_KEY } from "../objects/key.ts";
import { keptKeys } from "./kept-keys.ts";

const sent = (start: number, objectClass: number = ck.CKO_PRIVATE_KEY): Key => ({
  ...NO_KEY,
  objectClass,
  value: counting(40, start),
  uid: counting(16, start),
});

test.each([
  ["private", ck.CKO_PRIVATE_KEY],
  ["public", ck.CKO_PUBLIC_KEY],
])(
  "a %s key that is sent again has the array of the first call, which is not wiped with the arguments",
  (_name, type) => {
    const kept = keptKeys({}, () => 0);
    const first = sent(1, type);
    const used = kept(first) as Key;
    first.value.fill(0);
    first.uid.fill(0);
    const again = kept({ ...sent(1, type), booleans: 5 }) as Key;
    expect(again.value).toBe(used.value);
    expect(again).toEqual({ ...sent(1, type), booleans: 5 });
    const other = { ...sent(2, type), uid: counting(16, 1) };
    expect(kept(other)).toEqual(other);
  },
);

test("nothing else is kept or changed", () => {
  const kept = keptKeys({}, () => 0);
  for (const argument of [
    undefined,
    null,
    5,
    counting(5),
    sent(1, ck.CKO_SECRET_KEY),
    NO_KEY,
    new Map(),
    { iv: counting(1) },
  ]) {
    expect(kept(argument)).toBe(argument);
  }
});

test("keys are dropped at their age and when there are too many, and never kept if keys must not be", () => {
  let now = 0;
  const kept = keptKeys({ maxAgeMs: 100 }, () => now);
  const [value, never] = [(kept(sent(1)) as Key).value, keptKeys(false, () => 0)];
  const isKept = () => (kept(sent(1)) as Key).value === value;
  now = 99;
  expect(isKept()).toBe(true);
  now = 100;
  expect(isKept()).toBe(false);
  const { value: later } = kept(sent(1)) as Key;
  for (let start = 2; start < 66; start++) kept(sent(start));
  expect((kept(sent(1)) as Key).value).not.toBe(later);
  const key = sent(1);
  expect(never(key)).toBe(key);
});
