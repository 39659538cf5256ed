/**
 * A user's program, in a process of its own: it can be at work in a cache while a pass is. (Within our process it would wait for
 * leases that the pass holds, and the pass for it.)
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface UserRequest {
  act: 'write' | 'replace' | 'append' | 'delete';
  path: string;
  /** Where it writes what it then renames. Default: not needed. */
  beside?: string;
  /** Base64. */
  bytes?: string;
}

export interface UserAnswer {
  /** What was done; otherwise something was in the way, and nothing was. */
  done: boolean;
  /** SHA-1 of the file as this program left it. */
  hash?: string;
  size?: number;
  ino?: number;
  /** How many names the file had afterwards: of a hard link, each name has these bytes now. */
  links?: number;
  /** Some file of that name was there, which is replaced now, or has gone. */
  overwrote?: boolean;
}

const program = `
import base64, hashlib, json, os, sys

def write(path, data):
    before = look(path)
    # Never through a link: these users work on records, and are told which one they changed.
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    try:
        os.write(fd, data)
        return dict(told(data, fd), overwrote=before == os.fstat(fd).st_ino)
    finally:
        os.close(fd)

def replace(path, data):
    beside = request['beside']
    with open(beside, 'wb', 0) as file:
        file.write(data)
        before = look(path)
        answer = told(data, file.fileno())
    os.rename(beside, path)
    return dict(answer, overwrote=before is not None)

def append(path, data):
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
    try:
        os.write(fd, data)
        whole = os.pread(fd, 1 << 24, 0)
        return dict(told(whole, fd), overwrote=True)
    finally:
        os.close(fd)

def delete(path, data):
    os.unlink(path)
    return dict(overwrote=True)

def told(data, fd):
    return dict(hash=hashlib.sha1(data).hexdigest(), size=len(data), ino=os.fstat(fd).st_ino, links=os.fstat(fd).st_nlink)

def look(path):
    try:
        return os.lstat(path).st_ino
    except OSError:
        return None

acts = dict(write=write, replace=replace, append=append, delete=delete)
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request['act'] in ('write', 'replace'):
            os.makedirs(os.path.dirname(request['path']), exist_ok=True)
        answer = dict(done=True, **acts[request['act']](request['path'], base64.b64decode(request.get('bytes', ''))))
    except OSError as error:
        answer = dict(done=False)
    print(json.dumps(answer), flush=True)
`;

export class UserProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((answer: UserAnswer) => void)[] = [];

  private constructor() {
    this.#child = spawn('python3', ['-S', '-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as UserAnswer);
    });
  }

  static start(): UserProcess {
    return new UserProcess();
  }

  ask(request: UserRequest): Promise<UserAnswer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
