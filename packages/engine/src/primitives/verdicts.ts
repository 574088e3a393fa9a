/** Remembers what costly checks of public values found. */
import { hash } from "./hash/hash.ts";

/** Values remembered per kind of check; a service sees few domain parameters. */
const CAPACITY = 64;

/** Verdicts on the latest values, by their hash. */
export class Verdicts {
  readonly #known = new Map<string, boolean>();

  /** What `check` says about `value`, asked once as long as it is remembered. */
  of(value: Uint8Array, check: () => boolean): boolean {
    const name = Buffer.from(hash("sha256", value)).toString("base64");
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const verdict = check();
    const oldest = this.#known.keys().next();
    if (this.#known.size >= CAPACITY && !oldest.done) this.#known.delete(oldest.value);
    this.#known.set(name, verdict);
    return verdict;
  }
}
