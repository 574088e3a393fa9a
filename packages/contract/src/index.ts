/** Exports the targets, fixtures and expectations of the contract suite, whose tests are in test/. */
export { ATTACKS, ATTACKS_OVER_TLS } from "./attacks/index.ts";
export { LOOP_LIMIT, loopMeter } from "./event-loop.ts";
export { exercise, FUNCTION_FLAGS, mechanismWithPeer } from "./exercise.ts";
export { type MechanismExpectation, mechanismOf, offers } from "./expectations/expectation.ts";
export { EXPECTATIONS } from "./expectations/mechanisms.ts";
export * from "./flows.ts";
export * from "./functions.ts";
export { type Imported, Importer } from "./importer.ts";
export { createInMemoryTransport } from "./in-memory.ts";
export { KeyFixtures, type KeyPair } from "./key-fixtures.ts";
export * from "./load-effect.ts";
export { type CallStats, measureCalls } from "./measured-calls.ts";
export * from "./operations.ts";
export { forkPinned } from "./pinned.ts";
export * from "./sample-keys.ts";
export { runSoak, type SoakResult, type SoakSizes } from "./soak.ts";
export * from "./targets.ts";
