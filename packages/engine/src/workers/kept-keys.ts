/** The keys that a worker thread keeps between calls, so that OpenSSL does not import them again for every call. */
import * as ck from "@grep11/cryptoki";
import { KeyCache, type KeyCacheOptions } from "../blobs/key-cache.ts";
import type { Key } from "../objects/key.ts";

/**
 * How many keys each worker thread keeps. Few are enough: a job takes about a millisecond or more, so a thread runs
 * only some hundred jobs a second.
 */
const MAX_KEYS = 64;

/**
 * Returns a function that replaces the value of an asymmetric key by the equal one of an earlier call, and returns anything
 * else unchanged. Its argument can be wiped after the call. With `false`, no key is kept.
 */
export function keptKeys(options: KeyCacheOptions | false, now: () => number): (argument: unknown) => unknown {
  if (options === false) return (argument) => argument;
  const cache = new KeyCache({ ...options, maxKeys: Math.min(options.maxKeys ?? MAX_KEYS, MAX_KEYS) }, now);
  return (argument) => {
    if (!isAsymmetricKey(argument)) return argument;
    const known = cache.withKnownValue(argument, 0);
    if (known !== argument) return known;
    const key = { ...argument, value: argument.value.slice() };
    cache.keep(key.uid, [{ key, authentic: true, wkid: undefined }]);
    return key;
  };
}

/** Secret keys are not kept, because they need no import. */
function isAsymmetricKey(argument: unknown): argument is Key {
  if (typeof argument !== "object" || argument === null || !("uid" in argument)) return false;
  const { objectClass } = argument as Key;
  return objectClass === ck.CKO_PRIVATE_KEY || objectClass === ck.CKO_PUBLIC_KEY;
}
