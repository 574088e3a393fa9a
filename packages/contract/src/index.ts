/** The contract of Ep11: what it is checked on and what it is checked with. The checks themselves are in test/. */
export { LOOP_LIMIT, measured } from "./event-loop.ts";
export { exercise, FUNCTION_FLAGS, mechanismWithPeer } from "./exercise.ts";
export * from "./flows.ts";
export * from "./functions.ts";
export { type Imported, Importer } from "./importer.ts";
export { createInMemoryTransport } from "./in-memory.ts";
export * from "./key-kinds.ts";
export { type KeyPair, KeyWorkshop } from "./keys.ts";
export * from "./load-scene.ts";
export { type MechanismFacts, mechanismOf, offers } from "./mechanism-fact.ts";
export { MECHANISM_FACTS } from "./mechanism-facts.ts";
export * from "./operations.ts";
export { forkPinned } from "./pinned.ts";
export { runSoak, type SoakResult, type SoakSizes } from "./soak.ts";
export * from "./targets.ts";
