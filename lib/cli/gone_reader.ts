/** For what is written before a command runs: help, the version, messages about usage. */

/** A reader that has gone away (`--help | head -1`) is no error. */
export function write(stream: NodeJS.WritableStream, text: string): void {
  stream.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  stream.write(text);
}
