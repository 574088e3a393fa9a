/** This worker program serves tests of the pool: its first argument says what to do. */
import { parentPort, threadId, workerData } from "node:worker_threads";
import * as ck from "@grep11/cryptoki";
import { serve } from "../src/workers/serve.ts";

const memory = new Int32Array(new SharedArrayBuffer(4));

serve(parentPort!, ({ args: [task, argument] }) => {
  switch (task) {
    case "echo":
      return argument;
    case "thread":
      return threadId;
    case "sleep":
      Atomics.wait(memory, 0, 0, argument as number);
      return threadId;
    case "hold":
      // Waits until the test sets the integer that it shares with this thread.
      Atomics.wait(workerData as Int32Array, 0, 0);
      return threadId;
    case "refuse":
      throw new ck.CkError(ck.CKR_DATA_INVALID, "as asked", { retry: true });
    case "fail":
      throw new TypeError("a bug");
    case "exit":
      process.exit(3);
      break;
    default:
      throw new RangeError(`no task ${String(task)}`);
  }
});
