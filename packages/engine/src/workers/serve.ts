/** The worker's end of a pool: one call at a time, one answer for each. */
import type { MessagePort } from "node:worker_threads";
import { type Answer, answerOfError, type Call, detached, wipeAll } from "./message.ts";

/** Answers every call that arrives at `port` with what `perform` returns or throws, and wipes its arguments. */
export function serve(port: MessagePort, perform: (call: Call) => unknown): void {
  port.on("message", (call: Call) => {
    const { copy, memory } = detached(attempt(perform, call));
    wipeAll(call.args);
    port.postMessage(copy, memory);
  });
}

function attempt(perform: (call: Call) => unknown, call: Call): Answer {
  try {
    return { result: perform(call) };
  } catch (error) {
    return answerOfError(error);
  }
}
