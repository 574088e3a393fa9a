/**
 * Finds the blocks of a PEM file (RFC 7468). Other text may precede and follow each block, such as the Bag Attributes that
 * `openssl pkcs12` writes. The content is handled as bytes, because strings with private keys cannot be wiped.
 */

export interface PemBlock {
  /** The text after BEGIN, such as EC PRIVATE KEY. */
  readonly label: string;
  /** The number of the line with BEGIN, counted from 1. */
  readonly line: number;
  /** Whether the header (RFC 1421) or the label (RFC 5958) says that the content is encrypted. */
  readonly encrypted: boolean;
  /** The whole block, without indentation and with a line feed after each line. */
  readonly bytes: Uint8Array;
}

const NEWLINE = 0x0a;
const BLANKS: readonly number[] = [0x20, 0x09, 0x0d, 0x0b, 0x0c];

/** Returns all complete blocks of `content`. BEGIN and END lines must contain nothing else. */
export function pemBlocks(content: Uint8Array): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { label: string; line: number; lines: Uint8Array[] } | undefined;
  for (const [index, line] of linesOf(content).entries()) {
    const [, edge, label = ""] = /^-----(BEGIN|END) ([ -~]*?)-----$/.exec(dashed(line)) ?? [];
    if (edge === "BEGIN") open = { label, line: index + 1, lines: [line] };
    else {
      open?.lines.push(line);
      if (edge === "END" && open?.label === label) blocks.push(blockOf(open));
      if (edge === "END") open = undefined;
    }
  }
  return blocks;
}

function blockOf({ label, line, lines }: { label: string; line: number; lines: readonly Uint8Array[] }): PemBlock {
  const header = Buffer.from(lines[1] ?? []).toString("latin1");
  return {
    label,
    line,
    encrypted: label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:\s*4\s*,\s*ENCRYPTED$/.test(header),
    bytes: new Uint8Array(Buffer.concat(lines.flatMap((each) => [each, Uint8Array.of(NEWLINE)]))),
  };
}

/** Returns the lines of `content` without blanks at their ends. A line that has END and then BEGIN becomes two lines. */
function linesOf(content: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start <= content.length; ) {
    const found = content.indexOf(NEWLINE, start);
    const end = found < 0 ? content.length : found;
    const line = trimmed(content.subarray(start, end));
    const joined = /^-----END [ -~]*?-----(?=-----BEGIN )/.exec(dashed(line))?.[0].length;
    lines.push(...(joined === undefined ? [line] : [line.subarray(0, joined), line.subarray(joined)]));
    start = end + 1;
  }
  return lines;
}

function trimmed(line: Uint8Array): Uint8Array {
  const isBlank = (byte: number | undefined) => byte !== undefined && BLANKS.includes(byte);
  let [start, end] = [0, line.length];
  while (isBlank(line[start])) start++;
  while (end > start && isBlank(line[end - 1])) end--;
  return line.subarray(start, end);
}

/** Returns `line` as text if it begins with a dash. Other lines may be key material, so the result is then empty. */
function dashed(line: Uint8Array): string {
  return line[0] === 0x2d && line.length < 200 ? Buffer.from(line).toString("latin1") : "";
}
