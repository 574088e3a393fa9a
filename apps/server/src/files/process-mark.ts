/** A text that identifies a process for as long as the machine runs, and shows later whether that process is gone. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Of this process: its id, when it started, and where its id means something (machine, boot and PID namespace: a volume may
 * be shared by containers and hosts). Such as "4711.182734.9f3ac012".
 */
export function ownMark(): string {
  return `${process.pid}.${startOf(process.pid)?.time ?? 0}.${place()}`;
}

/** What became of the process that {@link ownMark} named; unknown for one elsewhere, and for what is not a mark. */
export function lifeOf(mark: string): "alive" | "gone" | "unknown" {
  const [, pid, time, where] = /^(\d+)\.(\d+)\.([0-9a-f]{8})$/.exec(mark) ?? [];
  if (where !== place()) return "unknown";
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "gone";
  }
  const start = startOf(Number(pid));
  if (start === undefined) return "alive";
  return start.isZombie || String(start.time) !== time ? "gone" : "alive";
}

/** From /proc/PID/stat (proc_pid_stat(5), fields 3 and 22): in ticks since the boot; undefined where there is none. */
function startOf(pid: number): { readonly time: number; readonly isZombie: boolean } | undefined {
  const text = readOr("", () => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The name of the program, in parentheses, may have spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[19] === undefined ? undefined : { time: Number(fields[19]), isZombie: fields[0] === "Z" };
}

function place(): string {
  const boot = readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  const namespace = readOr("", () => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256").update(`${hostname()} ${boot} ${namespace}`).digest("hex").slice(0, 8);
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
