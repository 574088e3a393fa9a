/** A software HSM with EP11 semantics. */
export type { KeyCacheCounters, KeyCacheOptions } from "./blobs/key-cache.ts";
export { createEngine, type Engine, type EngineOptions } from "./engine.ts";
export { changeTrust, type TrustChange } from "./functions/trust.ts";
export type { KeyringView } from "./keyring/keyring.ts";
export { Keyring, LiveKeyring } from "./keyring/keyring.ts";
export * from "./keyring/keyring-file.ts";
export { MASTER_KEY_BYTES, MasterKey, verificationPattern } from "./keyring/master-key.ts";
export * from "./keyring/unseal-key.ts";
export type { KeySize, MechanismRow, Shape } from "./mechanisms/row.ts";
export { MECHANISM_TABLE } from "./mechanisms/table.ts";
export { adjustPolicy, createPolicy, HPCS_POLICY, type Policy, STRICT_POLICY } from "./objects/policy/policy.ts";
export type { BlsSuite } from "./primitives/ec/bls.ts";
export { type CryptoBackend, cryptoBackend } from "./primitives/openssl/crypto-backend.ts";
export type { RandomSource } from "./primitives/random.ts";
export { createWorkerExecutor, type Executor, type WorkerExecutorOptions } from "./workers/executor.ts";
