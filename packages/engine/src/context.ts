/** What the functions of one engine share. Everything is injected, so an engine is deterministic under test. */
import type * as ck from "@grep11/cryptoki";
import type { KeyCache } from "./blobs/key-cache.ts";
import type { KeyringView } from "./keyring/view.ts";
import type { FailureLimiter } from "./limits/failure-limiter.ts";
import type { Mechanisms } from "./mechanisms/resolve.ts";
import type { Policy } from "./objects/policy.ts";
import type { RandomSource } from "./primitives/random.ts";
import type { Executor } from "./workers/executor.ts";

export interface Context {
  /** Master keys; what it returns changes when a keyring is rotated. */
  readonly keyring: KeyringView;
  /** Keys that were opened before; undefined: no key is kept after its call. */
  readonly keyCache: KeyCache | undefined;
  readonly random: RandomSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly policy: Policy;
  readonly mechanisms: Mechanisms;
  /** Runs what is too long for the event loop. */
  readonly executor: Executor;
  /** How long a state blob lives, in milliseconds. */
  readonly stateLifetimeMs: number;
  /** Bounds what callers learn from ciphertexts and MACs that are wrong. */
  readonly failures: FailureLimiter;
  /** Of a call whose caller asks for one (functions/report.ts). */
  readonly report?: ck.CallReport;
}

/** A function of `Ep11` that is given the context of its engine first. */
export type EngineFunction<M extends keyof ck.Ep11> = (
  context: Context,
  ...call: Parameters<ck.Ep11[M]>
) => ReturnType<ck.Ep11[M]>;
