/** What a caller can have: blobs of keys, wrapped keys, and known values, each with the calls that lead to it. */
import type { Blob, Kind } from "./rules.ts";

/** The value of a key, which many blobs and wrapped keys may have. */
export interface Value {
  readonly id: number;
  readonly kind: Kind;
  /** Its name in the document, such as "an AES key (made here, extractable, DECRYPT)". */
  readonly name: string;
  /** Why it must stay secret; undefined if the policy does not promise that. */
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
  /** The fact needs no call: the previous fact includes it. */
  readonly free?: boolean;
  /** The bit that SetAttributeValue changes. */
  readonly bit?: number;
  /** What the template asks for. */
  readonly wish?: Wish;
}

/** What a template asks for; for a pair, also what the public template asks for. */
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
  /** How many calls are needed, including those for `from`. */
  readonly cost: number;
}

/** The caller has made this value and has its blobs. */
export interface Made extends Derived {
  readonly type: "made";
}

export interface Handle extends Derived {
  readonly type: "handle";
  readonly blob: Blob;
}

/** The caller has the value wrapped with a KEK, with or without its rights. */
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
 * A way to wrap keys and get them back. KEKs that do not differ in this are equivalent, so the search keeps the cheapest one of
 * each kind.
 */
export interface Way {
  readonly name: string;
  readonly bound: boolean;
  /** Whether the KEK has CKA_TRUSTED, so that it wraps keys with CKA_WRAP_WITH_TRUSTED. */
  readonly isTrusted: boolean;
  /** The blob that wraps; undefined for the caller's own public key if the policy accepts it without a MAC. */
  readonly kek: Handle | undefined;
  /** A blob that unwraps, or the fact with which the caller reads the wrapped key. */
  readonly back: Fact;
  readonly opens: boolean;
}
