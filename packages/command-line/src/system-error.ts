/** Explanations of system errors, by error code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EROFS: "the file system is read-only",
  EBADF: "it is not open",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota of this user is used up",
  EFBIG: "the file would be larger than this user or file system may have",
  EIO: "the device does not work",
};

/** Returns why reading or writing failed, as the end of a sentence. For unknown codes it returns the message of the error. */
export function systemErrorReason({ code = "", message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? message;
}
