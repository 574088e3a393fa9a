import { optionsOf, quoted, takenBy, takesFiles, treeOf } from "./completion-tree.ts";
import type { Program } from "./program.ts";

/**
 * Returns a completion script for bash 3.2 (the version on macOS) and newer, to be loaded with `source`. If the script has no
 * suggestions, bash completes file names (-o default), except after an option whose value is unpredictable.
 */
export function bashScript(program: Program): string {
  const { nodes, inner, switches, valued } = treeOf(program);
  const name = `_${program.name.replaceAll("-", "_")}`;
  const values = optionsOf(nodes).flatMap(({ name: option, flag, paths }) => {
    const pattern = paths.map((path) => quoted(`${path} --${option}`)).join(" | ");
    const taken = takenBy(flag);
    if (taken === "nothing") return [];
    if (taken === "file" || taken === "folder") return [`    ${pattern}) return ;;`];
    if (taken === "anything") return [`    ${pattern}) compopt +o default 2> /dev/null; return ;;`];
    return [`    ${pattern}) words=${quoted(taken.words.join(" "))}; options= ;;`];
  });
  const passed = [
    ...(switches.length > 0 ? [`      ${switches.join(" | ")}) continue ;;`] : []),
    // Bash also splits values at colons. A value that is still being typed is completed like an argument of the program.
    ...(valued.length > 0
      ? [
          `      ${valued.join(" | ")})
        ((i++))
        [[ \${COMP_WORDS[i]} == = ]] && ((i++))
        while [[ \${COMP_WORDS[i + 1]-} == : ]]; do ((i += 2)); done
        ((i < COMP_CWORD)) && continue
        break
        ;;`,
        ]
      : []),
  ];
  const places = nodes.map((node) => {
    const { path, words, flags } = node;
    const options = Object.keys(flags).map((option) => `--${option}`);
    // If only options are allowed here, they are suggested even before a dash is typed.
    const offered = words.size > 0 || takesFiles(node) ? [...words.keys()] : options;
    return `    ${quoted(path)}) words=${quoted(offered.join(" "))}; options=${quoted(options.join(" "))} ;;`;
  });
  return `# bash completion of ${program.name}, printed by: ${program.name} completion bash
${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" node= words= options= stem= first= before= hidden= i at=$COMP_CWORD
  # Bash splits words at colons and equals signs: what precedes the last one must not be in the completions.
  while ((at > 1)) && [[ \${COMP_WORDS[at]} == [:=] || \${COMP_WORDS[at - 1]} == [:=] ]]; do
    ((at--))
    cur="\${COMP_WORDS[at]}$cur" prev="\${COMP_WORDS[at - 1]}"
  done
  [[ $cur == --*=* ]] && prev="\${cur%%=*}" cur="\${cur#*=}"
  stem="\${cur%"\${cur##*[:=]}"}"
  # NAME:key=value,key= is completed as if each key were the first; keys are offered after the colon only.
  [[ $cur == *:*,* ]] && first="\${cur%%:*}:" before="\${cur%,*}," cur="$first\${cur##*,}"
  [[ $cur == *:* ]] || hidden='*='
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ -z $node ]]; then
      case "\${COMP_WORDS[i]}" in
${passed.join("\n")}
      esac
    fi
    case "$node/\${COMP_WORDS[i]}" in
    ${inner.map(quoted).join(" | ")}) node+="/\${COMP_WORDS[i]}" ;;
    *) break ;;
    esac
  done
  COMPREPLY=()
  case "$node" in
${places.join("\n")}
  esac
  case "$node $prev" in
${values.join("\n")}
  *) [[ $cur == -* ]] && words="$options" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -X "$hidden" -- "$cur"))
  [[ $before ]] && COMPREPLY=("\${COMPREPLY[@]/#"$first"/$before}")
  COMPREPLY=("\${COMPREPLY[@]#"$stem"}")
  [[ \${COMPREPLY-} == *= || " $words" == *" \${COMPREPLY-}:"* ]] && compopt -o nospace 2> /dev/null
  return 0
}
complete -o default -F ${name} ${program.name}
`;
}
