/** What the functions of one engine share. Everything is injected, so that tests can make an engine deterministic. */
import type * as ck from "@grep11/cryptoki";
import type { KeyCache } from "./blobs/key-cache.ts";
import type { KeyringView } from "./keyring/keyring.ts";
import type { FailureLimiter } from "./limits/failure-limiter.ts";
import type { Mechanisms } from "./mechanisms/resolve.ts";
import type { Policy } from "./objects/policy/policy.ts";
import type { RandomSource } from "./primitives/random.ts";
import type { Executor } from "./workers/executor.ts";

export interface Context {
  /** The master keys, which change when the keyring is rotated. */
  readonly keyring: KeyringView;
  /** Keys that were opened before; undefined if no opened key is kept after its call. */
  readonly keyCache: KeyCache | undefined;
  readonly random: RandomSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly policy: Policy;
  readonly mechanisms: Mechanisms;
  /** Runs work that would block the event loop for too long. */
  readonly executor: Executor;
  /** How long a state blob is valid, in milliseconds. */
  readonly stateLifetimeMs: number;
  /** Limits what callers learn from wrong ciphertexts and MACs. */
  readonly failures: FailureLimiter;
  /** Receives the keys of the call, if the caller asked for a report (functions/report.ts). */
  readonly report?: ck.CallReport;
}

/** A function of `Ep11` that takes the context of its engine first. */
export type EngineFunction<M extends keyof ck.Ep11> = (
  context: Context,
  ...call: Parameters<ck.Ep11[M]>
) => ReturnType<ck.Ep11[M]>;
