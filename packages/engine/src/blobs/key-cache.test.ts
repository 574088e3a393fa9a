import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as ck from "@grep11/cryptoki";
import { describe, expect, it, vi } from "vitest";
import { createEngine } from "../engine.ts";
import { Keyring, LiveKeyring } from "../keyring/keyring.ts";
import { NO_KEY } from "../objects/key.ts";
import { KeyCache, type OpenedKey } from "./key-cache.ts";

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const opened = (value: Uint8Array): OpenedKey[] => [
  {
    key: { ...NO_KEY, objectClass: 4, keyType: 0x1f, value },
    authentic: true,
    wkid: undefined,
  },
];

describe("a key cache", () => {
  it("finds a key only by its whole blob", () => {
    const cache = new KeyCache({}, () => 0);
    const blob = random(200);
    cache.keep(blob, opened(blob));
    expect(cache.find(blob, 0)?.[0]?.key.value).toBe(blob);
    const other = blob.slice();
    other[0]! ^= 1;
    expect(cache.find(other, 0)).toBeUndefined();
    expect(cache.find(blob.subarray(1), 0)).toBeUndefined();
    expect(cache.counters()).toEqual({ hits: 1, misses: 2, evictions: 0, keys: 1 });
  });

  it("copies the blob, so that the caller may reuse the buffer", () => {
    const cache = new KeyCache({}, () => 0);
    const blob = random(64);
    cache.keep(blob, opened(blob));
    const same = blob.slice();
    blob.fill(0);
    expect(cache.find(same, 0)).toBeDefined();
  });

  it("gives a key from a state the array of the opened key with the same uid and value, but not its rights", () => {
    let now = 0;
    const cache = new KeyCache({ maxKeys: 2, maxAgeMs: 100 }, () => now);
    const [blob, value, uid] = [random(64), random(32), random(16)];
    const fromState = { ...NO_KEY, value: value.slice(), uid: uid.slice(), booleans: 7 };
    const keepAgain = () => cache.keep(blob, [{ key: { ...NO_KEY, value, uid }, authentic: true, wkid: undefined }]);
    const isKnown = (generation = 0) => cache.withKnownValue(fromState, generation).value === value;
    expect(cache.withKnownValue(fromState, 0)).toBe(fromState);
    keepAgain();
    expect(cache.withKnownValue(fromState, 0)).toEqual(fromState);
    expect(isKnown()).toBe(true);
    for (const other of [{ uid: random(16) }, { value: random(32) }, { value: value.slice(1) }]) {
      const key = { ...fromState, ...other };
      expect(cache.withKnownValue(key, 0)).toBe(key);
    }
    expect(isKnown(1)).toBe(false);
    for (let other = 0; other < 2; other++) {
      const more = random(64);
      cache.keep(more, [{ key: { ...NO_KEY, value: more, uid: random(16) }, authentic: true, wkid: undefined }]);
    }
    expect(isKnown()).toBe(false);
    keepAgain();
    cache.clear();
    expect(isKnown()).toBe(false);
    keepAgain();
    now = 100;
    expect(isKnown()).toBe(false);
    expect(cache.find(blob, 0)).toBeUndefined();
  });

  it("drops the least recently used key when a limit is exceeded, and counts bytes correctly", () => {
    const cache = new KeyCache({ maxKeys: 3, maxBytes: 1000 }, () => 0);
    const blobs = Array.from({ length: 5 }, () => random(100));
    for (const blob of blobs.slice(0, 3)) cache.keep(blob, opened(blob));
    cache.find(blobs[0]!, 0);
    cache.keep(blobs[3]!, opened(blobs[3]!));
    expect(cache.find(blobs[1]!, 0)).toBeUndefined();
    expect(cache.find(blobs[0]!, 0)).toBeDefined();
    const large = random(950);
    cache.keep(large, opened(large));
    expect(cache.counters().keys).toBe(1);
    for (let round = 0; round < 1000; round++) {
      const blob = random(100);
      cache.keep(blob, opened(blob));
      expect(cache.counters().keys).toBeLessThanOrEqual(3);
    }
  });

  it("drops a key that is no longer used", () => {
    vi.useFakeTimers();
    const cache = new KeyCache({ maxAgeMs: 1000 }, Date.now);
    cache.keep(random(64), opened(random(32)));
    vi.advanceTimersByTime(600);
    cache.keep(random(64), opened(random(32)));
    expect(cache.counters().keys).toBe(2);
    vi.advanceTimersByTime(400);
    expect(cache.counters().keys).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(cache.counters()).toMatchObject({ keys: 0, evictions: 2 });
    cache.keep(random(64), opened(random(32)));
    cache.clear();
    expect(cache.counters().keys).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("drops a key at its maximum age, however often it was used", () => {
    let now = 0;
    const cache = new KeyCache({ maxAgeMs: 1000 }, () => now);
    const blob = random(100);
    cache.keep(blob, opened(blob));
    now = 999;
    expect(cache.find(blob, 0)).toBeDefined();
    now = 1000;
    expect(cache.find(blob, 0)).toBeUndefined();
    expect(cache.counters().keys).toBe(0);
  });

  it("keeps no reference to a key after its eviction", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const cache = new KeyCache({ maxKeys: 1 }, () => 0);
    const references = ((): WeakRef<object>[] => {
      const blob = random(100);
      const [first] = opened(random(32));
      cache.keep(blob, [first!]);
      return [new WeakRef(first!), new WeakRef(first!.key.value)];
    })();
    // WeakRefs created or read in this turn of the event loop keep their targets alive until its end.
    await setImmediate();
    collect();
    for (const reference of references) expect(reference.deref()).toBeDefined();
    cache.keep(random(100), opened(random(32)));
    await setImmediate();
    collect();
    for (const reference of references) expect(reference.deref()).toBeUndefined();
  });

  it("drops everything when the keyring changes", () => {
    const cache = new KeyCache({}, () => 0);
    const blob = random(100);
    cache.keep(blob, opened(blob));
    expect(cache.find(blob, 1)).toBeUndefined();
    expect(cache.counters()).toMatchObject({ keys: 0, evictions: 1 });
  });
});

describe.each([undefined, false] as const)("an engine with keyCache %s", (keyCache) => {
  it("does not open or keep keys of a register that was finalised or cleared", async () => {
    const keyring = new LiveKeyring(Keyring.create(random));
    const engine = createEngine({ keyring, ...(keyCache === undefined ? {} : { keyCache }) });
    const template = new Map<number, boolean | number>([
      [ck.CKA_VALUE_LEN, 32],
      [ck.CKA_ENCRYPT, true],
    ]);
    const { key } = await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
    const mech = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
    const encrypt = () => engine.encryptSingle({ mech, key, plain: new Uint8Array(16) });
    await encrypt();
    await encrypt();
    expect(engine.keyCacheCounters()?.hits).toBe(keyCache === undefined ? 1 : undefined);
    const next = keyring.keyring.generate(random);
    const committed = next.commit(next.next!.masterKey.verificationPattern);
    keyring.replace(committed);
    await encrypt();
    keyring.replace(committed.activate());
    await encrypt();
    keyring.replace(committed.activate().finalise());
    await expect(encrypt()).rejects.toMatchObject({ rv: ck.CKR_IBM_WKID_MISMATCH });
    const { epoch } = keyring.keyring;
    keyring.replace(new Keyring({ ...committed.activate(), epoch }));
    await encrypt();
    keyring.replace(new Keyring({ ...Keyring.empty(), epoch }));
    await expect(encrypt()).rejects.toMatchObject({ rv: ck.CKR_IBM_WK_NOT_INITIALIZED });
    expect(engine.keyCacheCounters()?.keys).toBe(keyCache === undefined ? 0 : undefined);
    await engine.close();
  });
});
