/**
 * Runs programs of this package as child processes, so that the processor time of each can be measured. The parent
 * calls their methods over IPC.
 */
import { fork } from "node:child_process";
import { once } from "node:events";

/** The methods that a program offers to its parent, by name. */
type Handlers = { readonly [method: string]: (argument: never) => unknown };

export interface Child<H extends Handlers> {
  readonly pid: number;
  /**
   * Calls a method of the program. Rejects with the error of the method, or with an Error if the program ends before it
   * returns.
   */
  invoke<M extends keyof H & string>(method: M, argument: Parameters<H[M]>[0]): Promise<Awaited<ReturnType<H[M]>>>;
  stop(): Promise<void>;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/**
 * Starts `programs/<name>` in a new Node process. `nodeOptions` are command-line options for Node, such as --cpu-prof.
 */
export function startChild<H extends Handlers>(
  name: string,
  nodeOptions: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Child<H> {
  const program = new URL(`./programs/${name}.js`, import.meta.url);
  const child = fork(program, { serialization: "advanced", execArgv: [...nodeOptions], env });
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let nextId = 0;
  child.on("message", ({ id, result, error }: Response) => {
    const call = pending.get(id);
    pending.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(`${name}: ${error}`));
  });
  child.once("exit", (code) => {
    for (const call of pending.values()) call.reject(new Error(`${name} ended with ${code}`));
  });
  return {
    pid: child.pid!,
    invoke(method, argument) {
      const id = nextId++;
      const call = Promise.withResolvers<unknown>();
      child.send({ id, method, argument } satisfies Request);
      pending.set(id, call);
      return call.promise as ReturnType<Child<H>["invoke"]> as never;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/**
 * Must be called in the child process. Serves the calls of the parent, and ends the process when the parent
 * disconnects.
 */
export function serveParent(handlers: Handlers): void {
  process.on("message", async ({ id, method, argument }: Request) => {
    const handler = handlers[method] as ((argument: unknown) => unknown) | undefined;
    try {
      if (handler === undefined) throw new Error(`no method ${method}`);
      process.send?.({ id, result: await handler(argument) } satisfies Response);
    } catch (error) {
      process.send?.({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Response);
    }
  });
  process.on("disconnect", () => process.exit(0));
}
