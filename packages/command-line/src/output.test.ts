import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { endWithOutput } from "./output.ts";

/** Returns what a program prints and how it ends when its stdout or stderr fails with `code`. */
function failing(stream: "stdout" | "stderr", code: string): { said: string; exit: number | undefined } {
  const seen = { said: "", exit: undefined as number | undefined };
  const write = (text: string) => {
    seen.said += text;
  };
  const ending = {
    stdout: new EventEmitter(),
    stderr: Object.assign(new EventEmitter(), { write }),
    exit: (status: number) => {
      seen.exit = status;
    },
  };
  endWithOutput("orchard", 7, ending);
  ending[stream].emit("error", Object.assign(new Error(`${code}: write`), { code }));
  return seen;
}

describe("a program whose output cannot be written", () => {
  it("ends quietly when the reader has seen enough", () => {
    expect(failing("stdout", "EPIPE")).toEqual({ said: "", exit: 0 });
  });

  it.each([
    ["ENOSPC", "the disk is full"],
    ["EDQUOT", "the disk quota"],
    ["EFBIG", "the file would be larger"],
    ["EIO", "the device does not work"],
    ["ENXIO", "ENXIO: write"],
  ])("prints why it fails: %s", (code, reason) => {
    const { said, exit } = failing("stdout", code);
    expect(said).toContain(`orchard: the output cannot be written: ${reason}`);
    expect(exit).toBe(7);
  });

  it.each(["EPIPE", "ENOSPC"])("continues when only stderr cannot be written: %s", (code) => {
    expect(failing("stderr", code)).toEqual({ said: "", exit: undefined });
  });
});
