import { optionsOf, takenBy, takesFiles, treeOf } from "./completion-tree.ts";
import type { Program } from "./program.ts";

/** Returns a completion script for fish, to be loaded with `source` or from a file in ~/.config/fish/completions. */
export function fishScript(program: Program): string {
  const { nodes, inner, switches, valued } = treeOf(program);
  const { name } = program;
  const at = `__${name.replaceAll("-", "_")}_at`;
  const where = (paths: readonly string[]) => `-n ${quoted(`${at} ${paths.map(quoted).join(" ")}`)}`;
  const words = nodes.flatMap(({ path, words }) =>
    [...words].map(
      ([word, summary]) => `complete -c ${name} ${where([path])} -a ${quoted(word)} -d ${quoted(summary)}`,
    ),
  );
  const options = optionsOf(nodes).map(({ name: option, flag, paths }) => {
    const taken = takenBy(flag);
    const value =
      taken === "nothing"
        ? ""
        : taken === "file"
          ? " -r -F"
          : taken === "folder"
            ? " -x -a '(__fish_complete_directories)'"
            : taken === "anything"
              ? " -x"
              : ` -x -a ${quoted(taken.words.join(" "))}`;
    return `complete -c ${name} ${where(paths)} -l ${option}${value} -d ${quoted(flag.help)}`;
  });
  const files = nodes.filter(takesFiles).map(({ path }) => path);
  return `# fish completion of ${name}, printed by: ${name} completion fish
function ${at} -d 'Is the command line at one of these places?'
  set -l node ''
  set -l isValue no
  for word in (commandline -opc)[2..-1]
    if test -z "$node"
      if test $isValue = yes
        set isValue no
        continue
      end
      string match -q -- '--*=*' "$word"; and continue
      contains -- "$word" ${switches.join(" ")}; and continue
      if contains -- "$word" ${valued.join(" ")}
        set isValue yes
        continue
      end
    end
    contains -- "$node/$word" ${inner.map(quoted).join(" ")}; or break
    set node "$node/$word"
  end
  contains -- "$node" $argv
end
complete -c ${name} -f
${[...words, ...options].join("\n")}
${files.length === 0 ? "" : `complete -c ${name} ${where(files)} -F\n`}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
