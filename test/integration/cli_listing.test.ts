/** `ls`, `tree`, `du` and `status`: in which order, with which totals. */
import assert from 'node:assert/strict';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli, jsonLines } from '../support/cli.js';
import { writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

describe('lists', () => {
  const names = ['2026/b', '2026/a', '2025/x/y', 'z', 'c'];
  let sandbox: TapeSandbox;
  let run: (...args: string[]) => ReturnType<typeof cli>;

  before(async () => {
    sandbox = await TapeSandbox.start({ basePath: '/archive', migrationDelay: 'never' });
    run = (...args) => cli([...args, '--target', sandbox.url]);
    await withTemp(async (cache) => {
      for (const name of names) await writeRecord(cache, name, 1000);
      const both = ['--cache', cache, '--settle-seconds', '0'];
      assert.equal((await run('backup', ...both)).code, 0);
      const { stdout } = await run('status', ...both);
      const paths = stdout
        .trim()
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(/ +/).at(-1));
      assert.deepEqual(paths, ['2025/x/y', '2026/a', '2026/b', 'c', 'z']);
    });
  });

  after(() => sandbox.stop());

  it('ls is sorted, and ls -l has a total', async () => {
    assert.equal((await run('ls')).stdout, '2025/\n2026/\nc\nz\n');
    const { stdout } = await run('ls', '-lR');
    assert.match(stdout, /z\ntotal 5 files, 5\.0 kB; 3 directories\n$/);
    assert.match((await run('ls', '-l', '2026')).stdout, /2026\/b\ntotal 2 files, 2\.0 kB\n$/);
  });

  it('a path of the server is told to be relative', async () => {
    for (const command of ['ls', 'tree', 'du']) {
      const { code, stderr } = await run(command, '/archive/2026');
      assert.match(stderr, /paths are relative to the target's base, \/archive: give 2026$/m);
      assert.equal(code, 1);
    }
  });

  it('tree draws what is there, to a level', async () => {
    const all = ['.', '├── 2025/', '│   └── x/', '│       └── y'];
    assert.equal((await run('tree')).stdout.split('\n').slice(0, 4).join(), all.join());
    const { stdout } = await run('tree', '-L', '1', '-s');
    assert.deepEqual(stdout.split('\n'), [
      ...['.', '├── 2025/', '├── 2026/', '├── [  1.0 kB]  c', '└── [  1.0 kB]  z'],
      ...['', '2 directories, 2 files', ''],
    ]);
    assert.deepEqual((await run('tree', '-d', '2025')).stdout.split('\n'), [
      ...['.', '└── 2025/', '    └── x/', '', '1 directory', ''],
    ]);
  });

  it('du sums up', async () => {
    const { stdout } = await run('du');
    assert.deepEqual(
      stdout.split('\n').map((line) => line.trim().split(/ {2,}/)),
      [
        ['size', 'files', 'online', 'files', 'directory'],
        ['5.0 kB', '5', '5.0 kB', '5', '.'],
        ['1.0 kB', '1', '1.0 kB', '1', '2025'],
        ['2.0 kB', '2', '2.0 kB', '2', '2026'],
        [''],
      ],
    );
    const lines = jsonLines((await run('du', '-d', '0', '--json', '2025', 'z')).stdout);
    assert.deepEqual(lines, [
      { path: '2025', files: 1, size: 1000, onlineFiles: 1, onlineSize: 1000 },
      { path: 'z', files: 1, size: 1000, onlineFiles: 1, onlineSize: 1000 },
    ]);
  });
});
