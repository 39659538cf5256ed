/** How long this machine, busy as it is, makes a process wait that does nothing: what delays are measured against. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const script = `
  const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 1 });
  process.stdin.on('end', () => process.stdout.write(String(delay.percentile(99) / 1e6))).resume();
  setImmediate(() => { delay.enable(); process.stderr.write('.'); });`;

export class IdleProcess {
  readonly #child: ChildProcess;
  readonly #output: Promise<string>;

  private constructor() {
    const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#output = text(child.stdout);
  }

  static async start(): Promise<IdleProcess> {
    const idle = new IdleProcess();
    if (idle.#child.stderr !== null) await once(idle.#child.stderr, 'data');
    return idle;
  }

  /** Ends it. Milliseconds of event loop delay that 99 of 100 of its turns kept below. */
  async end(): Promise<number> {
    this.#child.stdin?.end();
    return Number(await this.#output);
  }
}
