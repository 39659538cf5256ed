/** A socket as systemd listens on: datagrams, which Node.js lacks; Python, which building the addon needs, has them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = `
import json, socket, sys
path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\\0" + path[1:] if path[0] == "@" else path)
print(json.dumps("listening"), flush=True)
while True:
    print(json.dumps(receiver.recv(65536).decode()), flush=True)
`;

export class NotifySocket implements AsyncDisposable {
  readonly messages: string[] = [];
  readonly #child;
  readonly #lines;

  private constructor(path: string) {
    this.#child = spawn('python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout).on('line', (line) => {
      this.messages.push(JSON.parse(line) as string);
    });
  }

  /** @param path or `@name` of an abstract one */
  static async listen(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await socket.until((messages) => messages.length > 0);
    socket.messages.length = 0;
    return socket;
  }

  async until(wished: (messages: readonly string[]) => boolean): Promise<void> {
    while (!wished(this.messages)) await once(this.#lines, 'line');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }
}
