/** For what is written before a command runs: help, the version, messages about usage. */

/** A reader that has gone away (`--help | head -1`) is no error. Any other failure, like a full disk, ends the command with 1. */
export function write(stream: NodeJS.WritableStream, text: string): void {
  stream.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`xrootd-archive: ${message}\n`);
    process.exit(1);
  });
  stream.write(text);
}
