/**
 * Models the calls: returns the blobs that each call returns, or undefined if the engine refuses it. Values of keys do not
 * matter here. Every call that is tried is reported to `onAttempt`, so that replay.test.ts can repeat it on the engine. The
 * file is long because it models each EP11 function.
 */
import * as ck from "@grep11/cryptoki";
import type { Call, Way, Wish } from "./facts.ts";
import * as modelledBooleans from "./modelled-booleans.ts";
import { applicableRights, type Blob, CHANGEABLE, type Half, type Kind, type Rules, withheldRights } from "./rules.ts";

export interface Attempt {
  readonly call: Call["name"] | "use";
  /** The blob to which the call applies; for WrapKey the key that is wrapped. */
  readonly blob?: Blob;
  /** The KEK of WrapKey and UnwrapKey. */
  readonly kek?: Blob;
  readonly kind?: Kind;
  readonly half?: Half;
  readonly bit?: number;
  readonly wish?: Wish;
  readonly allowed: boolean;
  /** The new blobs. The private half comes first. */
  readonly results: readonly Blob[];
}

export interface Outcome {
  readonly wish: Wish;
  readonly result: Blob | undefined;
}

/** Purposes for which a key of the kind can be made. */
const PURPOSES: Readonly<Record<Kind, readonly number[]>> = {
  AES: [
    modelledBooleans.E | modelledBooleans.D,
    modelledBooleans.S | modelledBooleans.V,
    modelledBooleans.W | modelledBooleans.U,
    modelledBooleans.A,
  ],
  generic: [modelledBooleans.S | modelledBooleans.V, modelledBooleans.A],
  RSA: [modelledBooleans.S, modelledBooleans.D, modelledBooleans.U],
  EC: [modelledBooleans.S, modelledBooleans.A, modelledBooleans.U],
};

/** The attributes that one modelled SetAttributeValue changes. */
const CHANGE_UNITS = [
  modelledBooleans.E,
  modelledBooleans.D,
  modelledBooleans.S | modelledBooleans.V,
  modelledBooleans.W,
  modelledBooleans.U,
  modelledBooleans.A,
  modelledBooleans.DATA,
  modelledBooleans.X,
  modelledBooleans.WWT,
  modelledBooleans.TRUSTED,
];

const sample = (booleans: number): Blob => ({
  kind: "AES",
  half: "secret",
  booleans: booleans | modelledBooleans.MODIFIABLE | modelledBooleans.LOCAL,
  everSet: booleans & modelledBooleans.RIGHTS,
  fromPassword: false,
});

export class Moves {
  readonly #rules: Rules;
  readonly #report: (attempt: Attempt) => void;

  constructor(rules: Rules, onAttempt: (attempt: Attempt) => void) {
    this.#rules = rules;
    this.#report = onAttempt;
  }

  /** Returns every template for new keys of the kind. Unmodifiable keys are left out, because they allow less. */
  creationWishes(kind: Kind): Wish[] {
    const pairs = kind === "RSA" || kind === "EC" ? [0, modelledBooleans.W] : [undefined];
    return wishesOf(kind, [false, true]).flatMap((wish) =>
      pairs.map((publicRights) => (publicRights === undefined ? wish : { ...wish, publicRights })),
    );
  }

  /** Returns the blobs of a new key: one blob for a secret key; the private half, then the public half, for a pair. */
  generate(kind: Kind, wish: Wish): readonly Blob[] | undefined {
    const blobs = this.#generated(kind, wish);
    this.#report({ call: "generate", kind, wish, allowed: blobs !== undefined, results: blobs ?? [] });
    return blobs;
  }

  #generated(kind: Kind, wish: Wish): readonly Blob[] | undefined {
    if (wish.publicRights === undefined) {
      const blob = newBlob(kind, "secret", wish, modelledBooleans.LOCAL);
      return this.#rules.isLegal(blob) ? [blob] : undefined;
    }
    const own = newBlob(kind, "private", wish, modelledBooleans.LOCAL);
    const pub = newBlob(kind, "public", { ...wish, rights: wish.publicRights, leaving: 0 }, modelledBooleans.LOCAL);
    if (!this.#rules.policy.safeguards.has("halves are one key"))
      return this.#rules.isLegal(own) ? [own, pub] : undefined;
    const transport =
      ((own.everSet | pub.everSet) & (modelledBooleans.W | modelledBooleans.U)) === 0
        ? 0
        : modelledBooleans.W | modelledBooleans.U;
    const joined = { ...own, everSet: own.everSet | transport };
    const publicHalf = {
      ...pub,
      everSet:
        pub.everSet |
        (own.everSet & (modelledBooleans.S | modelledBooleans.D | modelledBooleans.U | modelledBooleans.A)) |
        transport,
    };
    return this.#rules.isLegal(joined) ? [joined, publicHalf] : undefined;
  }

  /** Returns AES keys from a password that the caller knows. */
  fromPassword(): Blob[] {
    const blobs = wishesOf("AES", [false]).map((wish) => ({
      ...newBlob("AES", "secret", wish, modelledBooleans.LOCAL),
      fromPassword: true,
    }));
    return blobs.filter((blob) => this.#rules.isLegal(blob));
  }

  /** Models SetAttributeValue, which changes one purpose or attribute at a time. */
  *changes(blob: Blob): Generator<{ readonly bit: number; readonly result: Blob | undefined }> {
    const known =
      applicableRights(blob.kind, blob.half) | modelledBooleans.X | modelledBooleans.WWT | modelledBooleans.TRUSTED;
    for (const unit of CHANGE_UNITS) {
      const bit = unit & known;
      if (
        bit === 0 ||
        (blob.half === "public" &&
          (bit & (modelledBooleans.E | modelledBooleans.V | modelledBooleans.X | modelledBooleans.WWT)) !== 0)
      )
        continue;
      const result = this.#changed(blob, bit, (blob.booleans & bit) === 0);
      this.#report({ call: "change", blob, bit, allowed: result !== undefined, results: result ? [result] : [] });
      yield { bit, result };
    }
  }

  #changed(blob: Blob, bit: number, set: boolean): Blob | undefined {
    if ((blob.booleans & modelledBooleans.MODIFIABLE) === 0) return undefined;
    if ((bit & (set ? CHANGEABLE.up : CHANGEABLE.down)) !== bit) return undefined;
    if (set && (bit & modelledBooleans.TRUSTED) !== 0 && !this.#rules.trustIsFree) return undefined;
    if (set && (withheldRights(blob.kind, blob.half, blob.booleans) & bit) !== 0) return undefined;
    if (set && this.#rules.isSettledAgainst(blob, bit)) return undefined;
    const booleans = set ? blob.booleans | bit : blob.booleans & ~bit;
    const result = { ...blob, booleans, everSet: blob.everSet | (booleans & modelledBooleans.RIGHTS) };
    return this.#rules.isLegal(result) ? result : undefined;
  }

  /** Models `grep11-server key trust`, run by an operator who did not make the key. */
  trust(blob: Blob): Blob | undefined {
    const result = this.#trusted(blob);
    this.#report({ call: "trust", blob, allowed: result !== undefined, results: result ? [result] : [] });
    return result;
  }

  #trusted(blob: Blob): Blob | undefined {
    const { half, booleans, everSet } = blob;
    const past =
      (everSet | booleans) &
      modelledBooleans.RIGHTS &
      (half === "public"
        ? modelledBooleans.W | modelledBooleans.U | modelledBooleans.S | modelledBooleans.D | modelledBooleans.A
        : ~0);
    if (
      half === "private" ||
      (booleans & modelledBooleans.W) === 0 ||
      (past & ~(modelledBooleans.W | modelledBooleans.U)) !== 0
    )
      return undefined;
    if (
      (booleans & modelledBooleans.LOCAL) === 0 ||
      blob.fromPassword ||
      (half === "public" && (everSet & modelledBooleans.U) === 0)
    )
      return undefined;
    return {
      ...blob,
      booleans: (booleans | modelledBooleans.TRUSTED) & ~(modelledBooleans.MODIFIABLE | modelledBooleans.X),
    };
  }

  /** Returns the public key in CKA_IBM_MACED_PUBLIC_KEY_INFO of a private key. */
  publicHalf(blob: Blob): Blob {
    const transport =
      (blob.everSet & (modelledBooleans.W | modelledBooleans.U)) === 0 ? 0 : modelledBooleans.W | modelledBooleans.U;
    const result: Blob = {
      ...blob,
      half: "public",
      booleans:
        counterparts(blob.booleans) |
        modelledBooleans.MODIFIABLE |
        (blob.booleans & (modelledBooleans.LOCAL | modelledBooleans.BOUND)),
      everSet:
        counterparts(blob.everSet) |
        (blob.everSet & (modelledBooleans.S | modelledBooleans.D | modelledBooleans.U | modelledBooleans.A)) |
        transport,
    };
    this.#report({ call: "public half", blob, allowed: true, results: [result] });
    return result;
  }

  /** Models CKM_IBM_TRANSPORTKEY, which imports a SubjectPublicKeyInfo. */
  importPublic(kind: Kind): Blob {
    const result = newBlob(kind, "public", { rights: modelledBooleans.W, leaving: 0, bound: false }, 0);
    this.#report({ call: "import public key", kind, allowed: true, results: [result] });
    return result;
  }

  /** Models ECDH with the caller's own key pair, so that the caller knows the result. */
  agree(blob: Blob): Outcome[] {
    return this.#derived("agree", blob, wishesOf("AES", this.#bindings(blob)), (wish) =>
      newBlob("AES", "secret", wish, 0),
    );
  }

  /** Models a one-way derivation from a secret key. */
  derive(blob: Blob): Outcome[] {
    return this.#derived("derive", blob, wishesOf("AES", this.#bindings(blob)), (wish) =>
      newBlob("AES", "secret", wish, 0),
    );
  }

  /**
   * Models the derivation of a child key that reveals its parent (BIP32 without hardening). The child therefore counts
   * as another blob of the parent's value.
   */
  child(blob: Blob): Outcome[] {
    const wishes = wishesOf("EC", [(blob.booleans & modelledBooleans.BOUND) !== 0]);
    return this.#derived("child", blob, wishes, (wish) => revealing(blob, newBlob("EC", "private", wish, 0)));
  }

  /** Models a derivation that keeps the bytes of a secret key in its input (hybrid key exchange without a hash). */
  mix(blob: Blob): Outcome[] {
    if ((blob.booleans & modelledBooleans.DATA) === 0 || blob.half !== "secret") return [];
    const wishes = wishesOf("generic", [(blob.booleans & modelledBooleans.BOUND) !== 0]);
    return this.#derived("mix", blob, wishes, (wish) => revealing(blob, newBlob("generic", "secret", wish, 0)));
  }

  #derived(call: Call["name"], blob: Blob, wishes: readonly Wish[], make: (wish: Wish) => Blob): Outcome[] {
    if (!this.#rules.isLegal(blob)) return [];
    return wishes.map((wish) => {
      const made = make(wish);
      const result = this.#rules.isLegal(made) ? made : undefined;
      this.#report({ call, blob, wish, allowed: result !== undefined, results: result ? [result] : [] });
      return { wish, result };
    });
  }

  /** Returns whether a key derived from this one may be attribute-bound, and whether it may be unbound. */
  #bindings({ booleans }: Blob): readonly boolean[] {
    if ((booleans & modelledBooleans.BOUND) === 0) return [false];
    return this.#rules.policy.allows(ck.XCP_CPB_DERIVE_NON_AB_KEYS) ? [false, true] : [true];
  }

  /** Whether this blob may wrap some key. */
  isKek(blob: Blob): boolean {
    if ((blob.booleans & modelledBooleans.W) === 0 || blob.half === "private" || blob.kind === "generic") return false;
    if (blob.kind === "EC" && (blob.booleans & modelledBooleans.BOUND) !== 0) return false;
    const allowed = this.#rules.isKek(blob);
    const key = sample(modelledBooleans.D | modelledBooleans.X | (blob.booleans & modelledBooleans.BOUND));
    this.#report({ call: "wrap", blob: key, kek: blob, allowed, results: [] });
    return allowed;
  }

  /** Whether some KEK may wrap this key. */
  mayBeWrapped(blob: Blob): boolean {
    if (blob.half === "public") return false;
    for (const kek of [
      sample(modelledBooleans.W | modelledBooleans.U),
      sample(modelledBooleans.W | modelledBooleans.U | modelledBooleans.TRUSTED),
      sample(modelledBooleans.W | modelledBooleans.U | modelledBooleans.BOUND),
    ]) {
      const allowed = this.#rules.isKek(kek) && this.#leavesUnder(blob, kek);
      this.#report({ call: "wrap", blob, kek, allowed, results: [] });
    }
    return (blob.booleans & modelledBooleans.X) !== 0 && this.#rules.isLegal(blob);
  }

  wrap(blob: Blob, way: Way): boolean {
    if (way.kek !== undefined) return this.#leavesUnder(blob, way.kek.blob);
    return this.#leavesUnder(blob, { ...sample(modelledBooleans.W), half: "public", kind: "RSA" });
  }

  #leavesUnder(blob: Blob, kek: Blob): boolean {
    if ((blob.booleans & modelledBooleans.X) === 0 || !this.#rules.isLegal(blob)) return false;
    if (((blob.booleans ^ kek.booleans) & modelledBooleans.BOUND) !== 0) return false;
    if ((blob.booleans & modelledBooleans.BOUND) === 0 && !this.#rules.leavesBare(blob)) return false;
    return (blob.booleans & modelledBooleans.WWT) === 0 || (kek.booleans & modelledBooleans.TRUSTED) !== 0;
  }

  /** Returns the blobs that unwrapping can give, for every template. */
  unwrap(kind: Kind, half: Half, kek: Blob): Outcome[] {
    const trusted = (kek.booleans & modelledBooleans.TRUSTED) !== 0 && !this.#rules.trustIsFree;
    const needsTrusted =
      trusted && this.#rules.policy.safeguards.has("trusted transport is kept") ? modelledBooleans.WWT : 0;
    return wishesOf(kind, [false]).map((wish) => {
      const arrived = newBlob(kind, half, wish, needsTrusted);
      const result = this.#rules.isLegal(arrived) ? arrived : undefined;
      this.#report({
        call: "unwrap",
        kind,
        half,
        kek,
        wish,
        allowed: result !== undefined,
        results: result ? [result] : [],
      });
      return { wish, result };
    });
  }

  /** Returns an unwrapped attribute-bound key with its attributes, except those that are not carried over. */
  arriveBound(blob: Blob): Blob | undefined {
    const lost =
      modelledBooleans.LOCAL |
      (this.#rules.trustIsFree ? 0 : modelledBooleans.TRUSTED) |
      withheldRights(blob.kind, blob.half, blob.booleans);
    const arrived = { ...blob, booleans: blob.booleans & ~lost };
    const result = this.#rules.isLegal(arrived) ? arrived : undefined;
    this.#report({ call: "unwrap", blob, allowed: result !== undefined, results: result ? [result] : [] });
    return result;
  }

  /** Whether this blob can decrypt what was wrapped with its key. */
  opensWrapped(blob: Blob): boolean {
    if (blob.half === "public" || blob.kind === "generic") return false;
    const bound = (blob.booleans & modelledBooleans.BOUND) !== 0;
    const right = blob.kind === "EC" ? modelledBooleans.A : modelledBooleans.D;
    if ((blob.booleans & right) === 0 || (bound && blob.kind !== "RSA")) return false;
    const allowed = this.#rules.isLegal(blob);
    this.#report({ call: "use", blob, bit: right, allowed, results: [] });
    return allowed;
  }
}

/** Returns every template for keys of the kind. */
function wishesOf(kind: Kind, bindings: readonly boolean[]): Wish[] {
  return modelledBooleans
    .choicesOf(PURPOSES[kind])
    .flatMap((rights) =>
      modelledBooleans.LEAVINGS.flatMap((leaving) => bindings.map((bound) => ({ rights, leaving, bound }))),
    );
}

/** Returns the blob for a template; `origin` contains the booleans that depend on how the key is made. */
function newBlob(kind: Kind, half: Half, { rights, leaving, bound }: Wish, origin: number): Blob {
  const binding = bound ? modelledBooleans.BOUND : 0;
  const always = half === "public" ? applicableRights(kind, half) & (modelledBooleans.E | modelledBooleans.V) : 0;
  const granted = (rights & applicableRights(kind, half) & ~withheldRights(kind, half, binding)) | always;
  const booleans = granted | modelledBooleans.MODIFIABLE | origin | leaving | binding;
  return { kind, half, booleans, everSet: granted, fromPassword: false };
}

/**
 * Returns `blob` with the restrictions on wrapping that `source` has, because whoever learns the value of `blob` also
 * learns that of `source`.
 */
function revealing(source: Blob, blob: Blob): Blob {
  const kept =
    (blob.booleans & ~modelledBooleans.X) |
    (source.booleans & blob.booleans & modelledBooleans.X) |
    (source.booleans & modelledBooleans.WWT);
  return { ...blob, booleans: kept };
}

function counterparts(rights: number): number {
  const pairs = [
    [modelledBooleans.S, modelledBooleans.V],
    [modelledBooleans.D, modelledBooleans.E],
    [modelledBooleans.U, modelledBooleans.W],
    [modelledBooleans.A, modelledBooleans.A],
  ] as const;
  return pairs.reduce((word, [own, others]) => word | ((rights & own) !== 0 ? others : 0), 0);
}
