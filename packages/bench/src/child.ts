/** Programs of this package as child processes that answer questions, so that each has a processor time of its own. */
import { fork } from "node:child_process";
import { once } from "node:events";

/** What a program answers, by name of the question. */
export type Handlers = { readonly [question: string]: (argument: never) => unknown };

/** A running program. */
export interface Child<H extends Handlers> {
  readonly pid: number;
  /** The answer of the handler `question`. Errors: what the handler threw, or that the program ended. */
  ask<Q extends keyof H & string>(question: Q, argument: Parameters<H[Q]>[0]): Promise<Awaited<ReturnType<H[Q]>>>;
  /** Ends it. */
  stop(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly question: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Starts `programs/<name>`; `nodeOptions` such as --cpu-prof go to its Node. */
export function startChild<H extends Handlers>(
  name: string,
  nodeOptions: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Child<H> {
  const program = new URL(`./programs/${name}.js`, import.meta.url);
  const child = fork(program, { serialization: "advanced", execArgv: [...nodeOptions], env });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on("message", ({ id, answer, error }: Answer) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(answer);
    else question?.reject(new Error(`${name}: ${error}`));
  });
  child.once("exit", (code) => {
    for (const question of waiting.values()) question.reject(new Error(`${name} ended with ${code}`));
  });
  return {
    pid: child.pid!,
    ask(question, argument) {
      const id = asked++;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      child.send({ id, question, argument } satisfies Question);
      return answer.promise as ReturnType<Child<H>["ask"]> as never;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** The other side: answers the questions of the program that started this one, and ends when that one hangs up. */
export function answerParent(handlers: Handlers): void {
  process.on("message", async ({ id, question, argument }: Question) => {
    const handler = handlers[question] as ((argument: unknown) => unknown) | undefined;
    try {
      if (handler === undefined) throw new Error(`no handler ${question}`);
      process.send?.({ id, answer: await handler(argument) } satisfies Answer);
    } catch (error) {
      process.send?.({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Answer);
    }
  });
  process.on("disconnect", () => process.exit(0));
}
