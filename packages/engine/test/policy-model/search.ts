/**
 * The search for everything that a caller can have after any number of calls in any order. It ends when nothing new is
 * found.
 *
 * The HSM stores nothing between calls, so no call prevents another: whatever some sequence of calls reaches can still
 * be reached after any other sequence. Therefore one set that only grows represents all sequences. It is filled in the
 * order of cost (Knuth's generalisation of Dijkstra's algorithm), so the first derivation of a fact is a shortest one.
 *
 * Keys made with the same template are one value, which represents any number of them. So the search may find attacks
 * that do not exist, but it misses no attack. The file is long because the moves of one search share its state.
 */
import type { Policy } from "../../src/objects/policy/policy.ts";
import type { Call, Fact, Handle, Made, Value, Way, Wish, Wrapped } from "./facts.ts";
import { A, BOUND, DATA, LOCAL, MODIFIABLE, namesOf, TRUSTED, U, W, WWT, X } from "./modelled-booleans.ts";
import { type Attempt, Moves, type Outcome } from "./moves.ts";
import { type Blob, type Kind, Rules } from "./rules.ts";

export interface SearchOptions {
  /** Whether the operator trusts only their own KEKs, or also those of callers that `key trust` accepts. */
  readonly operatorTrusts: "own" | "any";
  /** Whether the policy promises to keep the value of an extractable key secret. */
  readonly keepsExtractable: boolean;
  /** Whether to stop at the first value that should have stayed secret. */
  readonly stopAtFirst?: boolean;
  /** Receives every call that is tried. */
  readonly onAttempt?: (attempt: Attempt) => void;
}

export interface SearchResult {
  /** How many facts were found: blobs, wrapped keys, known values. */
  readonly states: number;
  /** How many calls were tried, and how many of those were refused. */
  readonly transitions: number;
  readonly refused: number;
  /** The greatest number of calls that any fact needs. */
  readonly depth: number;
  /** Values that should have stayed secret but did not. */
  readonly broken: readonly Fact[];
}

/** Finds everything that a caller can reach under `policy`. */
export function search(policy: Policy, options: SearchOptions): SearchResult {
  return new Search(new Rules(policy), options).run();
}

class Search {
  readonly #rules: Rules;
  readonly #moves: Moves;
  readonly #options: SearchOptions;
  readonly #facts = new Map<string, Fact>();
  readonly #agenda: Fact[][] = [];
  readonly #values: Value[] = [];
  /** For each value, by its id: the cheapest blob of each kind that can be used as a KEK. */
  readonly #wrapping = new Map<number, Map<string, Handle>>();
  /** For each value, by its id: the cheapest fact of each kind that recovers keys wrapped with a KEK of this value. */
  readonly #backs = new Map<number, Map<string, Back>>();
  /** The first way of each name. A way combines a blob that wraps with a fact that recovers what it wrapped. */
  readonly #ways = new Map<string, Way>();
  readonly #wrappable: Handle[] = [];
  readonly #broken: Fact[] = [];
  #transitions = 0;
  #refused = 0;
  #depth = 0;

  constructor(rules: Rules, options: SearchOptions) {
    this.#rules = rules;
    this.#options = options;
    this.#moves = new Moves(rules, options.onAttempt ?? (() => {}));
  }

  run(): SearchResult {
    this.#begin();
    for (let cost = 0; cost < this.#agenda.length; cost++) {
      const due = this.#agenda[cost] ?? [];
      for (let at = 0; at < due.length; at++) {
        const fact = due[at]!;
        if (!this.#settle(fact)) continue;
        this.#depth = cost;
        this.#follow(fact);
        if (this.#broken.length > 0 && this.#options.stopAtFirst) return this.#result();
      }
    }
    return this.#result();
  }

  #result(): SearchResult {
    const [states, transitions, refused] = [this.#facts.size, this.#transitions, this.#refused];
    return { states, transitions, refused, depth: this.#depth, broken: this.#broken };
  }

  /** Adds what the caller has at first: their own key pair and value, keys from the operator, and templates. */
  #begin(): void {
    for (const kind of ["AES", "RSA", "EC"] as const) {
      for (const wish of this.#moves.creationWishes(kind)) {
        const made = this.#moves.generate(kind, wish);
        this.#count(made);
        if (made !== undefined) this.#make(kind, wish, "generate", made, []);
      }
    }
    const own = this.#value("AES", "a value that the caller chose", undefined);
    this.#put({ type: "known", value: own, call: { name: "is given", free: true }, from: [], cost: 0 });
    for (const blob of this.#moves.fromPassword()) {
      this.#blob(own, blob, { name: "generate from password", wish: wishOf(blob) }, []);
    }
    const pair = this.#value("RSA", "the caller's own key pair", undefined);
    const known: Fact = { type: "known", value: pair, call: { name: "is given", free: true }, from: [], cost: 0 };
    this.#put(known);
    this.#blob(pair, this.#moves.importPublic("RSA"), { name: "import public key" }, []);
    if (this.#rules.rawPublicKeks) {
      this.#way({ name: "bare", bound: false, isTrusted: false, kek: undefined, back: known, opens: true });
    }
    const trusted = this.#value("AES", "the operator's trusted KEK", "it is a trusted KEK");
    const booleans = W | U | TRUSTED | LOCAL;
    const kek: Blob = { kind: "AES", half: "secret", booleans, everSet: booleans, fromPassword: false };
    this.#blob(trusted, kek, { name: "is given", free: true }, []);
  }

  #value(kind: Kind, name: string, promise: string | undefined): Value {
    const value = { id: this.#values.length, kind, name, promise };
    this.#values.push(value);
    return value;
  }

  #make(kind: Kind, wish: Wish, name: Call["name"], blobs: readonly Blob[], from: readonly Fact[]): void {
    const rights = namesOf(blobs[0]!.booleans, MODIFIABLE | LOCAL);
    const pub = blobs[1] === undefined ? "" : `; public half: ${namesOf(blobs[1].booleans & W)}`;
    const title = `${name === "derive" ? "a derived" : "an"} ${kind} key (${rights}${pub})`;
    const value = this.#value(kind, title, this.#promise(wish));
    const made: Made = { type: "made", value, call: { name, wish }, from, cost: costOf(from) + 1 };
    this.#put(made);
    for (const blob of blobs) this.#blob(value, blob, { name, free: true }, [made]);
  }

  #promise({ leaving }: Wish): string | undefined {
    if ((leaving & X) === 0) return "it is not extractable";
    if ((leaving & WWT) !== 0) return "it leaves only under a trusted KEK";
    return this.#options.keepsExtractable ? "it never left under a trusted KEK" : undefined;
  }

  #count(allowed: unknown): void {
    this.#transitions += 1;
    if (allowed === undefined || allowed === false) this.#refused += 1;
  }

  #put(fact: Fact): void {
    if (this.#facts.has(keyOf(fact))) return;
    const due = this.#agenda[fact.cost];
    if (due === undefined) this.#agenda[fact.cost] = [fact];
    else due.push(fact);
  }

  /** Returns false if the fact was already found at the same or a lower cost. */
  #settle(fact: Fact): boolean {
    const key = keyOf(fact);
    if (this.#facts.has(key)) return false;
    this.#facts.set(key, fact);
    return true;
  }

  #blob(value: Value, blob: Blob | undefined, call: Call, from: readonly Fact[]): void {
    this.#count(blob);
    if (blob === undefined) return;
    const everSet = this.#rules.canonicalHistory(blob.half, blob.booleans, blob.everSet);
    const cost = costOf(from) + (call.free ? 0 : 1);
    this.#put({ type: "handle", value, blob: { ...blob, everSet }, call, from, cost });
  }

  #follow(fact: Fact): void {
    if (fact.type === "handle") this.#followHandle(fact);
    if (fact.type === "wrapped") this.#followWrapped(fact);
    if (fact.type === "known") {
      if (fact.value.promise !== undefined) this.#broken.push(fact);
      for (const bound of [false, true]) this.#back(fact.value, { fact, opens: true, bound });
    }
  }

  #followHandle(handle: Handle): void {
    const { blob, value } = handle;
    for (const { bit, result } of this.#moves.changes(blob))
      this.#blob(value, result, { name: "change", bit }, [handle]);
    if (this.#options.operatorTrusts === "any") {
      const trusted = this.#moves.trust(blob);
      if (trusted !== undefined) this.#blob(value, trusted, { name: "trust" }, [handle]);
    }
    if (blob.half === "private") {
      this.#blob(value, this.#moves.publicHalf(blob), { name: "public half" }, [handle]);
      this.#blob(value, this.#moves.importPublic(blob.kind), { name: "import public key" }, [handle]);
    }
    this.#followDerivation(handle);
    this.#followTransport(handle);
  }

  /**
   * Derived keys depend only on the base key's value and on how the base key may leave, so each combination is derived
   * once.
   */
  #followDerivation(handle: Handle): void {
    const { blob, value } = handle;
    const leaves = blob.booleans & (X | WWT | BOUND);
    const derives = (blob.booleans & A) !== 0 && this.#rules.isLegal(blob);
    if (derives && blob.kind === "EC" && blob.half === "private") {
      if (this.#isNew(`agree ${leaves & BOUND}`)) this.#agree(handle);
      if (this.#isNew(`child ${value.id} ${leaves}`)) this.#outcomes("child", value, this.#moves.child(blob), handle);
    }
    if (derives && value.promise !== undefined && blob.half === "secret") this.#derive(handle);
    const mixes = (blob.booleans & DATA) !== 0 && blob.half === "secret" && this.#rules.isLegal(blob);
    if (mixes && this.#isNew(`mix ${value.id} ${leaves}`)) this.#outcomes("mix", value, this.#moves.mix(blob), handle);
  }

  readonly #done = new Set<string>();

  #isNew(what: string): boolean {
    if (this.#done.has(what)) return false;
    this.#done.add(what);
    return true;
  }

  #outcomes(name: "agree" | "child" | "mix", value: Value, outcomes: readonly Outcome[], handle: Handle): void {
    for (const { wish, result } of outcomes) this.#blob(value, result, { name, wish }, [handle]);
  }

  #agree(handle: Handle): void {
    const agreed = this.#values.find(({ name }) => name === AGREED) ?? this.#value("AES", AGREED, undefined);
    this.#put({ type: "known", value: agreed, call: { name: "agree" }, from: [handle], cost: handle.cost + 1 });
    this.#outcomes("agree", agreed, this.#moves.agree(handle.blob), handle);
  }

  /** Derives a key whose value was neither chosen by a caller nor generated by the HSM. */
  #derive(handle: Handle): void {
    if (!this.#isNew(`derive ${handle.blob.booleans & BOUND}`)) return;
    for (const { wish, result } of this.#moves.derive(handle.blob)) {
      this.#count(result);
      if (result !== undefined) this.#make("AES", wish, "derive", [result], [handle]);
    }
  }

  #followTransport(handle: Handle): void {
    const { blob, value } = handle;
    const bound = (blob.booleans & BOUND) !== 0;
    if (
      this.#moves.isKek(blob) &&
      isFirst(this.#wrapping, value.id, String(blob.booleans & (BOUND | TRUSTED)), handle)
    ) {
      for (const back of this.#backs.get(value.id)?.values() ?? []) this.#pairUp(handle, back);
    }
    if ((blob.booleans & U) !== 0 && blob.half !== "public" && this.#rules.isLegal(blob)) {
      this.#back(value, { fact: handle, opens: false, bound });
      // The caller can wrap known values with the public half of this KEK and then import them. An imported key has
      // only the rights in its template.
      if (blob.kind === "RSA" && !bound) this.#import(handle);
    }
    if (this.#moves.opensWrapped(blob)) this.#back(value, { fact: handle, opens: true, bound });
    if (this.#moves.mayBeWrapped(blob)) {
      this.#wrappable.push(handle);
      for (const way of this.#ways.values()) this.#wrap(handle, way);
    }
  }

  #imported = false;

  #import(handle: Handle): void {
    if (this.#imported) return;
    this.#imported = true;
    for (const { wish, result } of this.#moves.unwrap("AES", "secret", handle.blob)) {
      this.#blob(
        this.#values.find(({ name }) => name === "a value that the caller chose")!,
        result,
        { name: "import", wish },
        [handle],
      );
    }
  }

  #back(value: Value, back: Back): void {
    if (!isFirst(this.#backs, value.id, [back.opens, back.bound, isUnderTrusted(back)].join(), back)) return;
    for (const kek of this.#wrapping.get(value.id)?.values() ?? []) this.#pairUp(kek, back);
  }

  #pairUp(kek: Handle, back: Back): void {
    const { fact, opens, bound } = back;
    if (((kek.blob.booleans & BOUND) !== 0) !== bound) return;
    const isTrusted = (kek.blob.booleans & TRUSTED) !== 0;
    const name = [bound, isTrusted, opens, isUnderTrusted(back)].join();
    this.#way({ name, bound, isTrusted, kek, back: fact, opens });
  }

  #way(way: Way): void {
    if (this.#ways.has(way.name)) return;
    this.#ways.set(way.name, way);
    for (const handle of this.#wrappable) this.#wrap(handle, way);
  }

  #wrap(handle: Handle, way: Way): void {
    const allowed = this.#moves.wrap(handle.blob, way);
    this.#count(allowed);
    if (!allowed) return;
    const from = way.kek === undefined ? [handle] : [handle, way.kek];
    const { blob, value } = handle;
    this.#put({ type: "wrapped", value, blob, way, call: { name: "wrap" }, from, cost: costOf(from) + 1 });
  }

  #followWrapped(wrapped: Wrapped): void {
    const { value, blob, way } = wrapped;
    const from = [wrapped, way.back];
    const cost = costOf(from) + 1;
    if (way.opens) {
      this.#put({ type: "known", value, call: { name: "open" }, from, cost });
      return;
    }
    const kek = (way.back as Handle).blob;
    if (way.bound) {
      this.#blob(value, this.#moves.arriveBound(blob), { name: "unwrap" }, from);
      return;
    }
    for (const { wish, result } of this.#moves.unwrap(blob.kind, blob.half, kek)) {
      this.#blob(value, result, { name: "unwrap", wish }, from);
    }
  }
}

/** Says how a wrapped key is recovered. */
interface Back {
  readonly fact: Fact;
  /** Whether the caller reads the value; otherwise it is unwrapped. */
  readonly opens: boolean;
  readonly bound: boolean;
}

/** Whether the wrapped key is recovered by unwrapping it with a trusted KEK. */
function isUnderTrusted({ fact, opens }: Back): boolean {
  return fact.type === "handle" && !opens && (fact.blob.booleans & TRUSTED) !== 0;
}

/** Stores `entry` for the value and the kind. Returns false if there is one already. */
function isFirst<T>(entries: Map<number, Map<string, T>>, value: number, kind: string, entry: T): boolean {
  const kinds = entries.get(value) ?? new Map<string, T>();
  entries.set(value, kinds);
  if (kinds.has(kind)) return false;
  kinds.set(kind, entry);
  return true;
}

const AGREED = "a value agreed on with the caller's own key pair";

function costOf(facts: readonly Fact[]): number {
  return facts.reduce((sum, { cost }) => sum + cost, 0);
}

function wishOf({ booleans }: Blob): Wish {
  return { rights: booleans, leaving: booleans & (X | WWT), bound: false };
}

/**
 * Returns the same map key for equal facts. Blobs of one value with the same booleans are equal, and so are wrapped keys of one
 * value that were wrapped in the same way.
 */
function keyOf(fact: Fact): string {
  const { type, value } = fact;
  if (type === "made" || type === "known") return `${type} ${value.id}`;
  const { kind, half, booleans, everSet, fromPassword } = fact.blob;
  if (type === "handle") return `${value.id} ${kind} ${half} ${booleans} ${everSet} ${fromPassword}`;
  const rights = fact.way.bound ? `${booleans} ${everSet}` : "";
  return `${value.id} ${kind} ${half} under ${fact.way.name} ${rights}`;
}
