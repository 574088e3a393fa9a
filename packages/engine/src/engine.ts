import * as ck from "@grep11/cryptoki";
import { KeyCache, type KeyCacheCounters, type KeyCacheOptions } from "./blobs/key-cache.ts";
import type { Context, EngineFunction } from "./context.ts";
import * as attributes from "./functions/attributes.ts";
import * as cipher from "./functions/cipher.ts";
import * as derive from "./functions/derive.ts";
import * as digest from "./functions/digest.ts";
import * as generateKey from "./functions/generate-key.ts";
import * as rewrap from "./functions/rewrap.ts";
import * as signature from "./functions/signature.ts";
import * as unwrap from "./functions/unwrap.ts";
import * as withoutKey from "./functions/without-key.ts";
import * as wrap from "./functions/wrap.ts";
import type { KeyringView } from "./keyring/keyring.ts";
import { FailureLimiter } from "./limits/failure-limiter.ts";
import { availableRows, createMechanisms } from "./mechanisms/resolve.ts";
import type { MechanismRow } from "./mechanisms/row.ts";
import { MECHANISM_TABLE } from "./mechanisms/table.ts";
import { HPCS_POLICY, type Policy } from "./objects/policy/policy.ts";
import type { BlsSuite } from "./primitives/ec/bls.ts";
import { libsecp256k1 } from "./primitives/ec/libsecp256k1.ts";
import { cryptoBackend } from "./primitives/openssl/crypto-backend.ts";
import { createRandomPool, type RandomSource } from "./primitives/random.ts";
import { createWorkerExecutor, type Executor } from "./workers/executor.ts";

/** Options of an engine. Only the keyring is required. */
export interface EngineOptions {
  readonly keyring: KeyringView;
  /** Default: OpenSSL's generator. Worker threads and OpenSSL's own key generation always use OpenSSL's generator. */
  readonly random?: RandomSource;
  /** Returns milliseconds since 1970; default: the system's clock. */
  readonly clock?: () => number;
  /** Default: `hpcs`. */
  readonly policy?: Policy;
  /** `all` (default), `ibm` for only the mechanisms of IBM's cards, or a list of the CKM_* to offer. */
  readonly mechanisms?: "all" | "ibm" | readonly number[];
  /** The ciphersuite of BLS signatures; default: `possession`, as in Ethereum. */
  readonly blsSuite?: BlsSuite;
  /** Limits of the cache of opened keys; false: no cache, so that opened keys are forgotten after each call. */
  readonly keyCache?: KeyCacheOptions | false;
  /** Default: the engine starts its own worker threads, and `close` ends them. */
  readonly executor?: Executor;
  /** How long the state of a multi-part operation is valid, in milliseconds; default: one hour. */
  readonly stateLifetimeMs?: number;
  /**
   * How many decryptions, unwrappings and MAC verifications of one caller with one key may fail within a minute; default:
   * 1,000. After that, the key is refused to this caller until the minute is over (CKR_DEVICE_MEMORY with `retry`). Callers
   * are identified by CallOptions.principal, or without one by CallOptions.peer. False: no limit, for tests.
   */
  readonly failuresPerMinute?: number | false;
}

/** A software HSM. */
export interface Engine extends ck.Ep11 {
  /** Ends the engine's worker threads and forgets the keys it has opened; calls that still need the threads fail. */
  close(): Promise<void>;
  /** Counters of the cache of opened keys; undefined without a cache. */
  keyCacheCounters(): KeyCacheCounters | undefined;
}

const FUNCTIONS: { readonly [M in keyof ck.Ep11]: EngineFunction<M> } = {
  ...attributes,
  ...cipher,
  ...derive,
  ...digest,
  ...generateKey,
  ...rewrap,
  ...signature,
  ...unwrap,
  ...withoutKey,
  ...wrap,
};

const FAILURES_PER_MINUTE = 1000;
const HOUR_MS = 60 * 60 * 1000;

/**
 * Creates an HSM in this process. It keeps nothing of an operation between two calls: callers hold the state in sealed blobs.
 * Mechanisms that the runtime does not support are not offered: post-quantum ones before Node 24.8, and RSA PKCS #1 v1.5
 * decryption if OpenSSL would be a padding oracle.
 */
export function createEngine(options: EngineOptions): Engine {
  // The backend is chosen and tested now, so that the first call does not wait for it.
  cryptoBackend();
  libsecp256k1();
  const policy = options.policy ?? HPCS_POLICY;
  const executor = options.executor ?? createWorkerExecutor({ keyCache: options.keyCache ?? {} });
  const now = options.clock ?? Date.now;
  const failuresPerMinute = options.failuresPerMinute ?? FAILURES_PER_MINUTE;
  const keyCache = options.keyCache === false ? undefined : new KeyCache(options.keyCache ?? {}, now);
  const context: Context = {
    keyring: options.keyring,
    keyCache,
    random: options.random ?? createRandomPool(),
    now,
    policy,
    mechanisms: createMechanisms(availableRows(chosenRows(options)), policy),
    executor,
    stateLifetimeMs: options.stateLifetimeMs ?? HOUR_MS,
    failures: new FailureLimiter(failuresPerMinute === false ? Number.POSITIVE_INFINITY : failuresPerMinute, now),
  };
  return {
    ...functionsOn(context),
    async close() {
      keyCache?.clear();
      await executor.close();
    },
    keyCacheCounters: () => keyCache?.counters(),
  };
}

/** Binds the functions to `context`. Each first checks its request, because JavaScript callers are not type-checked. */
function functionsOn(context: Context): ck.Ep11 {
  const bound = ck.EP11_METHODS.map((method) => {
    const call = FUNCTIONS[method] as (
      context: Context,
      request: unknown,
      options?: ck.CallOptions,
    ) => Promise<unknown>;
    const checkedCall = (request: unknown, options?: ck.CallOptions) => {
      const fault = ck.requestFault(method, request);
      if (fault !== undefined) return Promise.reject(fault);
      const report = options?.report;
      return call(report === undefined ? context : { ...context, report }, request, options);
    };
    return [method, checkedCall];
  });
  return Object.fromEntries(bound) as ck.Ep11;
}

function chosenRows({ mechanisms = "all", blsSuite }: EngineOptions): readonly MechanismRow[] {
  const rows = MECHANISM_TABLE.filter((row) => {
    if (mechanisms === "all") return true;
    return mechanisms === "ibm" ? row.ibm : mechanisms.includes(row.mechanism);
  });
  return rows.map((row) => row.withOptions?.({ blsSuite }) ?? row);
}
