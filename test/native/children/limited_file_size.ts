import { spawnSync } from 'node:child_process';
import { CopyProcess } from '../../../lib/xrdcl/index.js';

// A limit on the size of files does what a full disk does, without a disk.
const [source = '', target = '', limited] = process.argv.slice(2);
if (limited === undefined) {
  const again = [process.execPath, ...process.argv.slice(1), 'limited'];
  const { status } = spawnSync('sh', ['-c', 'ulimit -f 4096; exec "$@"', 'sh', ...again], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} else {
  process.on('SIGXFSZ', () => undefined);
  const copies = new CopyProcess();
  copies.add({ source, target });
  const [result] = await copies.run();
  process.stdout.write(JSON.stringify({ error: result?.error?.code, partialLeft: result?.partialLeft }));
}
