/** The worker's end of a pool: one call at a time, one answer for each. */
import type { MessagePort } from "node:worker_threads";
import { type Answer, answerOfError, type Call, detached, type TimedAnswer, wipeAll } from "./message.ts";

/** Responds to every call that arrives at `port` with what `perform` returns or throws, and wipes its arguments. */
export function serve(port: MessagePort, perform: (call: Call) => unknown): void {
  port.on("message", (call: Call) => {
    const began = performance.now();
    const answer = attempt(perform, call);
    const timed: TimedAnswer = { answer, ms: performance.now() - began };
    const { copy, memory } = detached(timed);
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
