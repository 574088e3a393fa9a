import { type Node, quoted, takenBy, takesFiles, treeOf } from "./completion-tree.ts";
import { commonFlags, type Flag, type Flags, type Program } from "./program.ts";

/** Returns a completion script for zsh, to be loaded with `source` after compinit, or from a file in $fpath. */
export function zshScript(program: Program): string {
  const { nodes, inner, switches, valued } = treeOf(program);
  const name = `_${program.name.replaceAll("-", "_")}`;
  const common = commonFlags(program);
  const alone = [...switches, ...valued.map((option) => `${option}=*`)];
  const passed = [
    ...(alone.length > 0 ? [`      (${alone.join("|")}) ((at++)); continue ;;`] : []),
    ...(valued.length > 0
      ? [`      (${valued.join("|")}) ((at + 1 < CURRENT)) || break; ((at += 2)); continue ;;`]
      : []),
  ];
  const places = nodes.map((node) => `    (${quoted(node.path)})\n${offers(node, common).join("\n")}\n      ;;`);
  return `#compdef ${program.name}
# zsh completion of ${program.name}, printed by: ${program.name} completion zsh
${name}() {
  local node=
  local -a common
  integer at=2
  while ((at < CURRENT)); do
    if [[ -z $node ]]; then
      case "$words[at]" in
${passed.join("\n")}
      esac
    fi
    case "$node/$words[at]" in
    (${inner.map(quoted).join("|")}) node+="/$words[at]" ;;
    (*) break ;;
    esac
    ((at++))
  done
  # The rest is completed as if the last of these words were the program.
  shift $((at - 2)) words
  ((CURRENT -= at - 2))
  common=(${specs(common).join(" ")})
  case "$node" in
${places.join("\n")}
  esac
}
if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program.name}
fi
`;
}

/** Returns the lines of zsh code that suggest what may follow at `node`: words, options and arguments. */
function offers(node: Node, common: Flags): string[] {
  const { words, flags, args } = node;
  const lines: string[] = [];
  if (words.size > 0) {
    const described = [...words].map(([word, summary]) => quoted(`${escaped(word)}:${summary}`));
    lines.push(
      `      local -a next=(${described.join(" ")})`,
      "      ((CURRENT == 2)) && _describe -t commands command next",
    );
  }
  const isCommand = Object.keys(common).every((name) => name in flags);
  const own = Object.fromEntries(Object.entries(flags).filter(([name]) => !isCommand || !(name in common)));
  const argSpecs = args === "" ? [] : [quoted(`*:${escaped(args)}:${takesFiles(node) ? "_files" : ""}`)];
  const all = [...specs(own), ...(isCommand ? ["$common"] : []), ...argSpecs];
  if (all.length > 0) lines.push(`      _arguments ${all.join(" ")}`);
  return lines;
}

function specs(flags: Flags): string[] {
  return Object.entries(flags).map(([name, flag]) =>
    quoted(`${flag.kind === "list" ? "*" : ""}--${name}[${escaped(flag.help)}]${valueSpec(flag)}`),
  );
}

function valueSpec(flag: Flag): string {
  const taken = takenBy(flag);
  if (taken === "nothing") return "";
  if (typeof taken === "object") return `:value:(${taken.words.map(escaped).join(" ")})`;
  const message = flag.kind === "switch" || flag.kind === "choice" ? "" : escaped(flag.value);
  return `:${message}:${taken === "file" ? "_files" : taken === "folder" ? "_files -/" : ""}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&");
}
