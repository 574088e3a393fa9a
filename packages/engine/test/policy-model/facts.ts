/** What a caller can have: blobs of keys, wrapped keys, and values he knows. Each with the calls that led to it. */
import type { Blob, Kind } from "./rules.ts";

/** A key's value. Blobs and wrapped keys are many, their value is one. */
export interface Value {
  readonly id: number;
  readonly kind: Kind;
  /** As the report names it, such as "an AES key (made here, extractable, DECRYPT)". */
  readonly words: string;
  /** Why nobody may learn it; undefined: the policy promises nothing. */
  readonly promise: string | undefined;
}

/** A call, as the report and the replay need it. */
export interface Call {
  readonly name:
    | "generate"
    | "generate from password"
    | "is given"
    | "change"
    | "trust"
    | "public half"
    | "import public key"
    | "import"
    | "agree"
    | "derive"
    | "child"
    | "mix"
    | "wrap"
    | "unwrap"
    | "open";
  /** Takes no call: it came with the fact before. */
  readonly free?: boolean;
  /** The bit that SetAttributeValue changes. */
  readonly bit?: number;
  /** What the template asks for. */
  readonly wish?: Wish;
}

/** What a template asks for, and of a pair what the public one does. */
export interface Wish {
  readonly rights: number;
  readonly publicRights?: number;
  readonly leaving: number;
  readonly bound: boolean;
}

interface Derived {
  readonly value: Value;
  readonly call: Call;
  readonly from: readonly Fact[];
  /** How many calls it takes, counting those of `from`. */
  readonly cost: number;
}

/** The caller has made this value: its blobs come with it. */
export interface Made extends Derived {
  readonly type: "made";
}

export interface Handle extends Derived {
  readonly type: "handle";
  readonly blob: Blob;
}

/** The value under a KEK, alone or with its rights. */
export interface Wrapped extends Derived {
  readonly type: "wrapped";
  readonly blob: Blob;
  readonly way: Way;
}

export interface Known extends Derived {
  readonly type: "known";
}

export type Fact = Made | Handle | Wrapped | Known;

/**
 * Keys go out under a KEK and come back. Which KEK it is does not matter beyond this, so the search keeps one for each way:
 * the cheapest.
 */
export interface Way {
  readonly name: string;
  readonly bound: boolean;
  /** CKA_TRUSTED, so that it takes keys with CKA_WRAP_WITH_TRUSTED. */
  readonly takesCareful: boolean;
  /** The blob that wraps; undefined for the caller's own public key where the policy takes it bare. */
  readonly kek: Handle | undefined;
  /** A blob that unwraps, or how the caller reads what was wrapped. */
  readonly back: Fact;
  readonly opens: boolean;
}
