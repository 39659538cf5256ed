/** Calls a hook where the system refuses something, and tells what became of it: `descriptors` or `kill`. */
import { closeSync, openSync } from 'node:fs';
import { callHooks } from '../../../lib/service/hooks.js';
import { reportOf } from '../../support/reports.js';

const [refused] = process.argv.slice(2);
const tell = (words: object) => {
  process.stdout.write(`${JSON.stringify(words)}\n`);
};
// The program that can't be killed is given up after it; the other one ends by itself.
const timeoutSeconds = refused === 'kill' ? 1 : 60;
const call = (command: string[]) => {
  const config = { command, format: 'report', onlyFailures: false, timeoutSeconds } as const;
  return Promise.all(
    callHooks(config, reportOf(), () => (error) => {
      tell({ failed: String(error) });
    }),
  );
};

if (refused === 'descriptors') {
  // What is loaded only now would find no descriptor.
  await call(['/bin/true']);
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // None is left.
  }
  const called = call(['/bin/true']);
  for (const each of taken) closeSync(each);
  await called;
  tell({ alive: true });
} else {
  // As the system answers about a program of another user.
  process.kill = (pid) => {
    tell({ pid });
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  };
  await call(['/bin/sleep', '600']);
  tell({ alive: true });
}
