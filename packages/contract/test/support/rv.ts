/**
 * Adds a matcher to vitest: `await expect(call).toThrowRv(CKR_X)`. It compares the return values of errors, not their messages.
 */
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";

declare module "vitest" {
  // TypeScript merges this declaration with vitest's declaration, so both must have the same type parameters.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /**
     * Asserts that the promise, or the promise that the function returns, rejects with a CkError of one of these return values.
     */
    toThrowRv(...rvs: readonly number[]): Promise<void>;
  }
}

expect.extend({
  async toThrowRv(received: Promise<unknown> | (() => Promise<unknown>), ...rvs: readonly number[]) {
    const expected = rvs.map(ck.ckrName).join(" or ");
    const found = await outcome(received);
    const pass = found instanceof ck.CkError && rvs.includes(found.rv);
    const message = found instanceof ck.CkError ? found.message : found === undefined ? "success" : String(found);
    return { pass, message: () => `expected ${expected}, got ${message}` };
  },
});

/** Returns the error that a call throws, or undefined if it succeeds. */
export async function outcome(call: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof call === "function" ? call() : call);
    return undefined;
  } catch (error) {
    return error;
  }
}
