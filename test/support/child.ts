/** Child processes that use the addon and end in a way of their own: `test/native/children`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ChildEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From its start to its end. */
  seconds: number;
}

export interface ChildOptions {
  env?: Record<string, string>;
  nodeOptions?: string[];
  /** Called with each piece of its standard output; to signal it at the right moment. */
  onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** Seconds; then it is killed, which the end shows. Default 60. */
  limit?: number;
}

/** Runs `test/native/children/<name>.ts` to its end. */
export async function runChild(
  name: string,
  args: string[] = [],
  options: ChildOptions = {},
): Promise<ChildEnd> {
  const { env = {}, nodeOptions = [], onOutput, limit = 60 } = options;
  const script = fileURLToPath(new URL(`../native/children/${name}.js`, import.meta.url));
  const started = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: true,
  });
  // With its own children, which else would hold its output open.
  const limiter = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), limit * 1000);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onOutput?.(stdout, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(limiter);
  return { code, signal, stdout, stderr, seconds: (performance.now() - started) / 1000 };
}
