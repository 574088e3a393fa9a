import { hash } from "./hash/hash.ts";

/** How many results are kept. Few different domain parameters are in use at a time. */
const CAPACITY = 64;

/** Remembers the results of an expensive check of public values, for the most recent values. */
export class ValidationCache {
  readonly #results = new Map<string, boolean>();

  /** Returns the result of `check` for `value`, without running it again while the result is remembered. */
  isValid(value: Uint8Array, check: () => boolean): boolean {
    const name = Buffer.from(hash("sha256", value)).toString("base64");
    const known = this.#results.get(name);
    if (known !== undefined) return known;
    const result = check();
    const oldest = this.#results.keys().next();
    if (this.#results.size >= CAPACITY && !oldest.done) this.#results.delete(oldest.value);
    this.#results.set(name, result);
    return result;
  }
}
