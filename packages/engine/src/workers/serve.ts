import type { MessagePort } from "node:worker_threads";
import { type Call, detached, type Outcome, outcomeOfError, type TimedOutcome, wipeAll } from "./message.ts";

/** Responds to every call that arrives at `port` with what `perform` returns or throws, and wipes the call's arguments. */
export function serve(port: MessagePort, perform: (call: Call) => unknown): void {
  port.on("message", (call: Call) => {
    const began = performance.now();
    const outcome = attempt(perform, call);
    const timed: TimedOutcome = { outcome, ms: performance.now() - began };
    const { copy, memory } = detached(timed);
    wipeAll(call.args);
    port.postMessage(copy, memory);
  });
}

function attempt(perform: (call: Call) => unknown, call: Call): Outcome {
  try {
    return { result: perform(call) };
  } catch (error) {
    return outcomeOfError(error);
  }
}
