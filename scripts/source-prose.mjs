/** Extracts the prose of a file, so that wording and references can be checked. */

/** Matches text before a `/` that begins a regular expression and is not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\n]|\b(?:return|typeof|case|of|in))\s*$/;
const REGEX = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const QUOTED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;

/**
 * Returns the passages of `text` that are prose, as `{ offset, text }`. A passage is as long as it is in the file, because
 * comment markers are replaced by spaces, and code by `~`. Prose is:
 * - in source files, the comments and the strings of several words,
 * - in Markdown, everything but code,
 * - in any other file, everything.
 */
export function proseOf(file, text) {
  if (file.endsWith(".md")) return [{ offset: 0, text: markdownProse(text) }];
  if (/\.(ts|mjs|js|proto)$/.test(file)) return [...sourceProse(text)];
  return [{ offset: 0, text: text.replace(/^\s*#/gm, spaces) }];
}

function markdownProse(text) {
  return text.replace(/^```[\s\S]*?^```|`[^`\n]*`|\]\([^)\s]*\)/gm, blank);
}

function* sourceProse(text) {
  for (let at = 0, end; at < text.length; at = end) {
    end = tokenEnd(text, at);
    const token = text.slice(at, end);
    if (/^\/[/*]/.test(token)) yield { offset: at, text: commentProse(token) };
    else if (/^["'`]/.test(token) && /\p{L} \p{L}/u.test(token))
      yield { offset: at, text: token.replace(/\$\{[^}]*\}/g, blank) };
  }
}

/** Returns the end of the comment, string or regular expression at `at`; for anything else, `at + 1`. */
function tokenEnd(text, at) {
  if (text.startsWith("//", at)) return ending(text.indexOf("\n", at), 0);
  if (text.startsWith("/*", at)) return ending(text.indexOf("*/", at + 2), 2);
  if (text[at] === "`") return templateEnd(text, at + 1);
  if (text[at] === '"' || text[at] === "'") return matchEnd(QUOTED);
  if (text[at] === "/" && BEFORE_REGEX.test(text.slice(Math.max(0, at - 20), at))) return matchEnd(REGEX);
  return at + 1;

  function ending(found, length) {
    return found === -1 ? text.length : found + length;
  }

  function matchEnd(pattern) {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : at + 1;
  }
}

/** Returns the end of the template literal whose content begins at `at`. */
function templateEnd(text, at) {
  let end = at;
  while (end < text.length && text[end] !== "`") {
    if (text[end] === "\\") end += 2;
    else if (text.startsWith("${", end)) end = substitutionEnd(text, end + 2);
    else end++;
  }
  return end + 1;
}

function substitutionEnd(text, at) {
  let end = at;
  for (let depth = 1; end < text.length && depth > 0; end = tokenEnd(text, end)) {
    if (text[end] === "{") depth++;
    if (text[end] === "}") depth--;
  }
  return end;
}

function commentProse(comment) {
  return comment.replace(/^[ \t]*(?:\/\*+|\*(?!\/)|\/\/+)/gm, spaces).replace(/`[^`]*`|\{@link[^}]*\}/g, blank);
}

/** Replaces every character by `~`, except for line ends. */
function blank(code) {
  return code.replace(/[^\n]/g, "~");
}

function spaces(mark) {
  return " ".repeat(mark.length);
}
