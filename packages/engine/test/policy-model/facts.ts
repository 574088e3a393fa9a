/**
 * Facts say what a caller has: blobs of keys, wrapped keys, and known values. Each fact includes the calls that lead to it.
 */
import type { Blob, Kind } from "./rules.ts";

/** The value of a key, which many blobs and wrapped keys may have. */
export interface Value {
  readonly id: number;
  readonly kind: Kind;
  /** The name in the document, such as "an AES key (made here, extractable, DECRYPT)". */
  readonly name: string;
  /** Why the value must stay secret; undefined if the policy does not promise to keep it secret. */
  readonly promise: string | undefined;
}

/** A call that the report describes and the replay repeats. */
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
  /** Whether the fact needs no call, because the previous fact includes it. */
  readonly free?: boolean;
  /** The bit that SetAttributeValue changes. */
  readonly bit?: number;
  /** The content of the template. */
  readonly wish?: Wish;
}

/** What a template contains. For a pair, it also says what the public template contains. */
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
  /** How many calls are needed, including those that lead to `from`. */
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
 * A way to wrap keys and get them back. Of several KEKs that are equal in these members, the search keeps only the
 * cheapest.
 */
export interface Way {
  readonly name: string;
  readonly bound: boolean;
  /** Whether the KEK has CKA_TRUSTED, so that it wraps keys with CKA_WRAP_WITH_TRUSTED. */
  readonly isTrusted: boolean;
  /**
   * The blob of the KEK. It is undefined if the KEK is the caller's own public key, which some policies accept without
   * a MAC.
   */
  readonly kek: Handle | undefined;
  /** A blob that unwraps, or the fact that lets the caller read the wrapped key. */
  readonly back: Fact;
  readonly opens: boolean;
}
