/** Remembers the results of expensive checks of public values. */
import { hash } from "./hash/hash.ts";

/** How many results each kind of check keeps; a service sees few different domain parameters. */
const CAPACITY = 64;

/** Results of one check for the most recent values, by the hash of the value. */
export class ValidationCache {
  readonly #results = new Map<string, boolean>();

  /** Returns the result of `check` for `value`. Does not run `check` again while its result is remembered. */
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
