/** Engines that have a fixed master key and share a few worker threads. */
import * as ck from "@grep11/cryptoki";
import { createEngine, type Engine, type EngineOptions } from "../src/engine.ts";
import { createWorkerExecutor } from "../src/workers/executor.ts";
import { keyringOf, MASTER_KEY } from "./sealing.ts";

const executor = createWorkerExecutor({ workers: 1, generationWorkers: 1 });

export function testEngine(options: Partial<EngineOptions> = {}): Engine {
  return createEngine({ keyring: keyringOf(MASTER_KEY), executor, ...options });
}

/** Returns the CK_RV of a call; 0 if it succeeds. */
export async function rvOfCall(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return 0;
  } catch (error) {
    if (error instanceof ck.CkError) return error.rv;
    throw error;
  }
}
