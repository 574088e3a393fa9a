/** Finds the calls that lead to a fact, in order, as attempts for the engine and as sentences for people. */
import type { Call, Fact } from "./facts.ts";
import { LOCAL, MODIFIABLE, namesOf } from "./modelled-booleans.ts";
import type { Attempt } from "./moves.ts";

/**
 * Returns the facts that lead to `fact`. Each fact comes after the facts on which it depends. Facts that need no call
 * are left out.
 */
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

/** Returns the call that led to the fact, as the search tried it; undefined for steps without the engine. */
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

export function sentences(fact: Fact): string[] {
  return pathTo(fact).map((step) => sentence(step));
}

const DERIVATIONS: Partial<Record<Call["name"], string>> = {
  agree: "Derive a key by agreement with your own key pair from",
  derive: "Derive a key from",
  child: "Derive a child key, not hardened, from",
  mix: "Derive a key that contains its bytes from",
};

function sentence(fact: Fact): string {
  const { call, value, from } = fact;
  if (fact.type === "made") return `Make ${value.name}.`;
  if (fact.type === "wrapped") {
    const kek = fact.way.kek === undefined ? "your own public key, without MAC" : fact.way.kek.value.name;
    return `Wrap ${value.name} with ${kek}.`;
  }
  if (fact.type === "known") {
    const back = from[1] ?? from[0];
    const how =
      back?.type === "handle" ? `with ${back.value.name}, which has ${rights(back.blob.booleans)}` : "outside the HSM";
    return `Decrypt the wrapped key ${how}: the value of ${value.name} is known.`;
  }
  const became = rights(fact.blob.booleans);
  switch (call.name) {
    case "change":
      return `SetAttributeValue of ${value.name}: a blob with ${became}.`;
    case "unwrap":
      return `Unwrap ${value.name} again: a blob with ${became}.`;
    case "import":
      return `Unwrap a value that you chose: a blob with ${became}.`;
    case "generate from password":
      return `Generate a key from a password that you know: a blob with ${became}.`;
    case "import public key":
      return `Import ${value.name} with CKM_IBM_TRANSPORTKEY: a public key with ${became}.`;
    case "public half":
      return `Read the public half of ${value.name}: ${became}.`;
    case "trust":
      return `The operator makes ${value.name} trusted.`;
    default:
      return `${DERIVATIONS[call.name] ?? call.name} ${from[0]?.value.name ?? ""}: a blob with ${became}.`;
  }
}

function rights(booleans: number): string {
  return namesOf(booleans, LOCAL | MODIFIABLE);
}
