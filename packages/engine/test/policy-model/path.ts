/** The calls that lead to a fact, in order, as attempts for the engine and as sentences for people. */
import type { Call, Fact } from "./facts.ts";
import type { Attempt } from "./moves.ts";
import { inWords, LOCAL, MODIFIABLE } from "./words.ts";

/** The facts on the way, each after those it comes from; without what takes no call. */
export function pathTo(fact: Fact): Fact[] {
  const seen = new Set<Fact>();
  const path: Fact[] = [];
  const walk = (each: Fact) => {
    if (seen.has(each)) return;
    seen.add(each);
    for (const before of each.from) walk(before);
    if (each.call.free !== true) path.push(each);
  };
  walk(fact);
  return path;
}

/** The call that made the fact, as the search tried it; undefined for what the engine does not see. */
export function attemptOf(fact: Fact): Attempt | undefined {
  const { call, from } = fact;
  const base = from[0];
  const blob = base !== undefined && "blob" in base ? base.blob : undefined;
  const common = { allowed: true, ...(call.wish === undefined ? {} : { wish: call.wish }) };
  if (fact.type === "made") {
    return { ...common, call: call.name, kind: fact.value.kind, results: [], ...(blob === undefined ? {} : { blob }) };
  }
  if (fact.type === "wrapped") {
    const kek = fact.way.kek?.blob;
    return { ...common, call: "wrap", blob: fact.blob, results: [], ...(kek === undefined ? {} : { kek }) };
  }
  if (fact.type === "known") {
    const back = from[1];
    return back?.type === "handle" ? { ...common, call: "use", blob: back.blob, results: [] } : undefined;
  }
  if (call.name === "unwrap" && base?.type === "wrapped" && !base.way.bound) {
    const { kind, half } = base.blob;
    const back = base.way.back;
    if (back.type !== "handle") return undefined;
    return { ...common, call: "unwrap", kind, half, kek: back.blob, results: [fact.blob] };
  }
  return {
    ...common,
    call: call.name,
    kind: fact.blob.kind,
    results: [fact.blob],
    ...(blob === undefined ? {} : { blob }),
    ...(call.bit === undefined ? {} : { bit: call.bit }),
  };
}

/** The path as numbered sentences. */
export function sentences(fact: Fact): string[] {
  return pathTo(fact).map((step) => sentence(step));
}

const DERIVATIONS: Partial<Record<Call["name"], string>> = {
  agree: "Derive a key by agreement with a key pair of your own from",
  derive: "Derive a key from",
  child: "Derive a child key, not hardened, from",
  mix: "Mix into a key that keeps its bytes",
};

function sentence(fact: Fact): string {
  const { call, value, from } = fact;
  if (fact.type === "made") return `Make ${value.words}.`;
  if (fact.type === "wrapped") {
    const kek = fact.way.kek === undefined ? "a public key of your own, bare" : fact.way.kek.value.words;
    return `Wrap ${value.words} under ${kek}.`;
  }
  if (fact.type === "known") {
    const back = from[1] ?? from[0];
    const how =
      back?.type === "handle" ? `with ${back.value.words}, which has ${rights(back.blob.booleans)}` : "outside";
    return `Open what was wrapped ${how}: the value of ${value.words} is known.`;
  }
  const became = rights(fact.blob.booleans);
  switch (call.name) {
    case "change":
      return `SetAttributeValue of ${value.words}: a blob with ${became}.`;
    case "unwrap":
      return `Unwrap ${value.words} again: a blob with ${became}.`;
    case "import":
      return `Unwrap a value of your own: a blob with ${became}.`;
    case "generate from password":
      return `Generate a key out of a password that you know: a blob with ${became}.`;
    case "import public key":
      return `Import ${value.words} by CKM_IBM_TRANSPORTKEY: a public key with ${became}.`;
    case "public half":
      return `Ask for the public half of ${value.words}: ${became}.`;
    case "trust":
      return `The operator makes ${value.words} trusted.`;
    default:
      return `${DERIVATIONS[call.name] ?? call.name} ${from[0]?.value.words ?? ""}: a blob with ${became}.`;
  }
}

function rights(booleans: number): string {
  return inWords(booleans, LOCAL | MODIFIABLE);
}
