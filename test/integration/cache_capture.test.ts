import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {
  captureAndRemove,
  recoverCapture,
  type CaptureOptions,
  type CaptureResult,
} from '../../lib/cache/capture.js';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { ABANDONED_AFTER_SECONDS, handleLeftover } from '../../lib/cache/leftovers.js';
import { captureDirectoryName, captureName } from '../../lib/cache/own_files.js';
import { walk } from '../../lib/cache/walk.js';
import { identityOf, type Identity } from '../../lib/rules/identity.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { withTemp } from '../support/temporary.js';

/** Of 240, 231 and 255 bytes. */
const LONG_NAMES = ['x'.repeat(240), '束'.repeat(77), 'y'.repeat(255)];

const OLD = new Date(Date.now() - 3_600_000);

interface Scene {
  cache: string;
  root: CacheDirectory;
  /** The record `d/r`, and what was verified. */
  file: string;
  capture: string;
  verified: Identity;
}

async function scene<T>(use: (scene: Scene) => Promise<T>, content = 'verified'): Promise<T> {
  return withTemp(async (cache) => {
    mkdirSync(path.join(cache, 'd'));
    const file = path.join(cache, 'd/r');
    writeFileSync(file, content);
    utimesSync(file, OLD, OLD);
    const root = await CacheDirectory.openRoot(cache);
    try {
      const verified = identityOf(lstatSync(file, { bigint: true }));
      return await use({ cache, root, file, capture: path.join(cache, 'd', captureName('r')), verified });
    } finally {
      await root.close();
    }
  });
}

/**
 * Something that happens at a moment of the removal: `hasWriters` is asked just before the rename (0) and just after it
 * (1), which is where a test can step in.
 */
function stepIn(moment: 0 | 1, act: () => void): CaptureOptions {
  let asked = 0;
  return {
    hasWriters: () => {
      if (asked++ === moment) act();
      return false;
    },
  };
}

describe('capture and removal (S2)', () => {
  it('removes the file that was verified', async () => {
    await scene(async ({ cache, root, verified }) => {
      assert.deepEqual(await captureAndRemove(root, 'd/r', verified), { outcome: 'removed', size: 8 });
      assert.deepEqual(readdirSync(path.join(cache, 'd')), []);
      assert.deepEqual(await captureAndRemove(root, 'd/r', verified), { outcome: 'vanished' });
      assert.deepEqual(await captureAndRemove(root, 'gone/r', verified), { outcome: 'vanished' });
    });
  });

  it('removes one name of a file with several', async () => {
    await scene(async ({ root, cache, file }) => {
      linkSync(file, path.join(cache, 'other'));
      const verified = identityOf(lstatSync(file, { bigint: true }));
      assert.equal((await captureAndRemove(root, 'd/r', verified)).outcome, 'removed');
      assert.equal(readFileSync(path.join(cache, 'other'), 'utf8'), 'verified');
    });
  });

  const rewrites: [string, (file: string, scene: Scene) => void][] = [
    ['rewritten in place, same size', (file) => writeFileSync(file, 'VERIFIED')],
    ['appended to', (file) => appendFileSync(file, '!')],
    [
      'appended to, with its time set back',
      (file) => {
        appendFileSync(file, '!');
        utimesSync(file, OLD, OLD);
      },
    ],
    [
      'replaced by a new file of the same size and time',
      (file) => {
        writeFileSync(`${file}.new`, 'REPLACED');
        utimesSync(`${file}.new`, OLD, OLD);
        renameSync(`${file}.new`, file);
      },
    ],
    ['truncated', (file) => writeFileSync(file, '')],
  ];
  for (const [name, rewrite] of rewrites) {
    it(`keeps a file that was ${name} before the removal`, async () => {
      await scene(async (given) => {
        rewrite(given.file, given);
        const content = readFileSync(given.file, 'utf8');
        assert.deepEqual(await captureAndRemove(given.root, 'd/r', given.verified), { outcome: 'changed' });
        assert.equal(readFileSync(given.file, 'utf8'), content);
        assert.deepEqual(readdirSync(path.join(given.cache, 'd')), ['r']);
      });
    });
    it(`keeps a file that was ${name} between the look and the capture`, async () => {
      await scene(async (given) => {
        const options = stepIn(0, () => rewrite(given.file, given));
        assert.deepEqual(await captureAndRemove(given.root, 'd/r', given.verified, options), {
          outcome: 'changed',
        });
        assert.notEqual(readFileSync(given.file, 'utf8'), 'verified');
        assert.deepEqual(readdirSync(path.join(given.cache, 'd')), ['r']);
      });
    });
  }

  it('keeps a file that was rewritten, its old time and size restored, even without touching its inode number', async () => {
    await scene(async ({ root, file, verified }) => {
      writeFileSync(file, 'VERIFIED');
      utimesSync(file, OLD, OLD);
      assert.deepEqual(await captureAndRemove(root, 'd/r', verified), { outcome: 'changed' });
      assert.equal(readFileSync(file, 'utf8'), 'VERIFIED');
    });
  });

  it('keeps what a writer with an open descriptor wrote after the capture', async () => {
    await scene(async ({ root, file, capture, verified }) => {
      const options = stepIn(1, () => appendFileSync(capture, ' and more'));
      assert.deepEqual(await captureAndRemove(root, 'd/r', verified, options), { outcome: 'changed' });
      assert.equal(readFileSync(file, 'utf8'), 'verified and more');
      assert.ok(!existsSync(capture));
    });
  });

  for (const moment of [0, 1])
    it(`keeps a file that somebody has open for writing (asked ${moment === 0 ? 'before' : 'after'} the capture)`, async () => {
      await scene(async ({ root, file, cache, verified }) => {
        let asked = 0;
        const options = { hasWriters: () => asked++ === moment };
        assert.deepEqual(await captureAndRemove(root, 'd/r', verified, options), { outcome: 'busy' });
        assert.equal(readFileSync(file, 'utf8'), 'verified');
        assert.deepEqual(readdirSync(path.join(cache, 'd')), ['r']);
      });
    });

  it('keeps both when a newer file takes the name of one that must be put back', async () => {
    await scene(async ({ root, file, capture, verified }) => {
      const options = stepIn(1, () => {
        appendFileSync(capture, '!');
        writeFileSync(file, 'newer');
      });
      const result = await captureAndRemove(root, 'd/r', verified, options);
      assert.ok(result.outcome === 'displaced');
      assert.match(result.message, /d\/r was captured .* newer file .*d\/\.xrootd-archive\.removing\.r/);
      assert.equal(readFileSync(file, 'utf8'), 'newer');
      assert.equal(readFileSync(capture, 'utf8'), 'verified!');
      // The next pass can't settle it either, says the same again, and starts no other capture of that name.
      assert.equal((await recoverCapture(root, `d/${captureName('r')}`)).outcome, 'displaced');
      const newer = identityOf(lstatSync(file, { bigint: true }));
      assert.equal((await captureAndRemove(root, 'd/r', newer)).outcome, 'blocked');
      assert.equal(readFileSync(file, 'utf8'), 'newer');
    });
  });

  it('leaves a newer file of that name alone when the verified one goes', async () => {
    await scene(async ({ root, file, capture, verified }) => {
      const options = stepIn(1, () => writeFileSync(file, 'newer'));
      assert.equal((await captureAndRemove(root, 'd/r', verified, options)).outcome, 'removed');
      assert.equal(readFileSync(file, 'utf8'), 'newer');
      assert.ok(!existsSync(capture));
    });
  });

  const swaps: [string, (file: string) => void, (file: string) => boolean][] = [
    ['a link', (file) => symlinkSync('/etc/passwd', file), (file) => lstatSync(file).isSymbolicLink()],
    [
      'a directory',
      (file) => mkdirSync(path.join(file, 'full'), { recursive: true }),
      (file) => existsSync(path.join(file, 'full')),
    ],
  ];
  for (const [name, make, isThere] of swaps) {
    it(`puts back ${name} that took the record’s place`, async () => {
      for (const early of [true, false])
        await scene(async ({ root, file, cache, verified }) => {
          const swap = (): void => {
            rmSync(file);
            make(file);
          };
          if (early) swap();
          const options = early ? {} : stepIn(0, swap);
          assert.deepEqual(await captureAndRemove(root, 'd/r', verified, options), { outcome: 'changed' });
          assert.ok(isThere(file));
          assert.deepEqual(readdirSync(path.join(cache, 'd')), ['r']);
        });
    });
  }

  it('removes nothing outside when a parent directory is swapped for a link (S8)', async () => {
    await withTemp(async (outside) => {
      writeFileSync(path.join(outside, 'r'), 'verified');
      await scene(async ({ root, cache, verified }) => {
        renameSync(path.join(cache, 'd'), path.join(cache, 'moved'));
        symlinkSync(outside, path.join(cache, 'd'));
        await assert.rejects(captureAndRemove(root, 'd/r', verified), {
          name: 'CacheError',
          code: 'OutsideCache',
        });
        assert.deepEqual(readdirSync(outside), ['r']);
      });
      if (process.platform !== 'linux') return;
      await scene(async ({ root, cache, verified }) => {
        const options = stepIn(0, () => {
          renameSync(path.join(cache, 'd'), path.join(cache, 'moved'));
          symlinkSync(outside, path.join(cache, 'd'));
        });
        // The directory is held: its own record goes, wherever it was moved to.
        assert.equal((await captureAndRemove(root, 'd/r', verified, options)).outcome, 'removed');
        assert.deepEqual(readdirSync(outside), ['r']);
      });
    });
  });

  for (const name of LONG_NAMES)
    it(`removes a record whose name of ${Buffer.byteLength(name)} bytes leaves no room for the capture’s, and puts it back`, async () => {
      await withTemp(async (cache) => {
        const file = path.join(cache, name);
        writeFileSync(file, 'verified');
        const root = await CacheDirectory.openRoot(cache);
        const verified = identityOf(lstatSync(file, { bigint: true }));
        const rewrite = stepIn(1, () => {
          appendFileSync(path.join(cache, captureDirectoryName(name), name), 'more');
        });
        assert.deepEqual(await captureAndRemove(root, name, verified, rewrite), { outcome: 'changed' });
        assert.deepEqual(readdirSync(cache), [name]);
        assert.equal(readFileSync(file, 'utf8'), 'verifiedmore');

        const now = identityOf(lstatSync(file, { bigint: true }));
        const newer = stepIn(1, () => {
          appendFileSync(path.join(cache, captureDirectoryName(name), name), '!');
          writeFileSync(file, 'newer');
        });
        const displaced = await captureAndRemove(root, name, now, newer);
        assert.equal(displaced.outcome, 'displaced');
        const capture = `${captureDirectoryName(name)}/${name}`;
        assert.equal('capture' in displaced && displaced.capture, capture);
        assert.equal(readFileSync(path.join(cache, capture), 'utf8'), 'verifiedmore!');
        const young = identityOf(lstatSync(file, { bigint: true }));
        const blocked = await captureAndRemove(root, name, young);
        assert.deepEqual(blocked, {
          outcome: 'blocked',
          message: `${capture} of an earlier pass is still there`,
        });
        rmSync(file);
        assert.deepEqual(await recoverCapture(root, captureDirectoryName(name)), { outcome: 'restored' });
        assert.deepEqual(readdirSync(cache), [name]);

        const old = identityOf(lstatSync(file, { bigint: true }));
        assert.deepEqual(await captureAndRemove(root, name, old), { outcome: 'removed', size: 13 });
        assert.deepEqual(readdirSync(cache), []);
        await root.close();
      });
    });

  it('removes nothing outside when the directory of a capture becomes a link (S8)', async () => {
    await withTemp(async (directory) => {
      const [cache, outside] = [path.join(directory, 'cache'), path.join(directory, 'outside')];
      const name = 'x'.repeat(240);
      for (const place of [cache, outside]) {
        mkdirSync(place);
        writeFileSync(path.join(place, name), 'precious');
      }
      const root = await CacheDirectory.openRoot(cache);
      const verified = identityOf(lstatSync(path.join(cache, name), { bigint: true }));
      const own = path.join(cache, captureDirectoryName(name));
      const swap = stepIn(1, () => {
        renameSync(own, path.join(cache, 'moved'));
        symlinkSync(outside, own);
      });
      assert.equal((await captureAndRemove(root, name, verified, swap)).outcome, 'removed');
      assert.equal(readFileSync(path.join(outside, name), 'utf8'), 'precious');
      await assert.rejects(recoverCapture(root, captureDirectoryName(name)), { code: 'OutsideCache' });
      assert.equal(readFileSync(path.join(outside, name), 'utf8'), 'precious');
      await root.close();
    });
  });

  it('removes one record once, though asked twice at once', async () => {
    await scene(async ({ root, verified }) => {
      const results = await Promise.all([
        captureAndRemove(root, 'd/r', verified),
        captureAndRemove(root, 'd/r', verified),
      ]);
      const outcomes = results.map((one: CaptureResult) => one.outcome).sort();
      assert.equal(outcomes.filter((one) => one === 'removed').length, 1, outcomes.join());
    });
  });

  it('fails with the path that people know where it may not write', async () => {
    if (process.getuid?.() !== 0) return;
    await scene(async ({ cache, file }) => {
      chmodSync(cache, 0o755);
      chmodSync(file, 0o644);
      const message = await asOrdinaryUser(
        `const { CacheDirectory } = await import(LIB + 'cache/directory.js');
         const { captureAndRemove } = await import(LIB + 'cache/capture.js');
         const { lstatSync } = await import('node:fs');
         const root = await CacheDirectory.openRoot(${JSON.stringify(cache)});
         return captureAndRemove(root, 'd/r', lstatSync(${JSON.stringify(file)}, { bigint: true }))
           .then((result) => result.outcome, (error) => error.code + ' ' + error.message);`,
      );
      assert.match(String(message), new RegExp(`^EACCES .*rename '${file}'`));
      assert.equal(readFileSync(file, 'utf8'), 'verified');
    });
  });
});

describe('after a crash (S5)', () => {
  it('puts a capture back under its name, and again, without harm', async () => {
    await scene(async ({ root, file, capture }) => {
      renameSync(file, capture);
      const relative = `d/${captureName('r')}`;
      assert.deepEqual(await recoverCapture(root, relative), { outcome: 'restored' });
      assert.equal(readFileSync(file, 'utf8'), 'verified');
      assert.ok(!existsSync(capture));
      assert.deepEqual(await recoverCapture(root, relative), { outcome: 'vanished' });
    });
  });

  it('completes a putting back that stopped half-way', async () => {
    await scene(async ({ root, file, capture }) => {
      linkSync(file, capture);
      assert.deepEqual(await recoverCapture(root, `d/${captureName('r')}`), { outcome: 'restored' });
      assert.equal(readFileSync(file, 'utf8'), 'verified');
      assert.ok(!existsSync(capture));
    });
  });

  it('finds a removal of this process under way, and leaves it alone', async () => {
    await scene(async ({ root, file, capture, verified }) => {
      const seen: string[] = [];
      let looked: Promise<void> | undefined;
      const options = stepIn(1, () => {
        looked = (async () => {
          for await (const entry of walk(root)) seen.push(entry.kind);
        })();
        assert.ok(existsSync(capture));
      });
      await captureAndRemove(root, 'd/r', verified, options);
      await looked;
      assert.ok(!seen.includes('leftover') && !seen.includes('problem'), seen.join());
      assert.ok(!existsSync(file));
    });
  });

  it('an empty directory for a capture goes when it is old: another shard may be about to use a new one', async () => {
    await scene(async ({ root, cache }) => {
      const own = path.join(cache, captureDirectoryName('n'.repeat(250)));
      mkdirSync(own);
      assert.deepEqual(await recoverCapture(root, path.basename(own)), { outcome: 'active' });
      assert.ok(existsSync(own));
      utimesSync(own, 1, 1);
      assert.deepEqual(await recoverCapture(root, path.basename(own)), { outcome: 'vanished' });
      assert.ok(!existsSync(own));
    });
  });

  it('loses nothing when the process is killed between capture and removal', async () => {
    await withTemp(async (cache) => {
      const names = Array.from({ length: 30 }, (_, index) => `r${index}`);
      for (const name of names) writeFileSync(path.join(cache, name), name);
      const child = spawn(
        process.execPath,
        [path.join(import.meta.dirname, 'children/stop_in_removal.js'), cache],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      assert.ok(readdirSync(cache).includes(captureName('r0')), readdirSync(cache).join());
      const root = await CacheDirectory.openRoot(cache);
      const outcomes: string[] = [];
      for await (const entry of walk(root))
        if (entry.kind === 'leftover') outcomes.push((await handleLeftover(root, entry, Date.now())).outcome);
      await root.close();
      assert.deepEqual(outcomes, ['restored']);
      assert.deepEqual(readdirSync(cache).sort(), [...names].sort());
      for (const name of names) assert.equal(readFileSync(path.join(cache, name), 'utf8'), name);
    });
  });

  for (const name of ['short', ...LONG_NAMES])
    for (const changed of ['', 'changed'])
      it(`loses nothing at whatever step of removing ${changed} ${name.slice(0, 5)} the process is killed`, async () => {
        const stops: string[] = [];
        for (let steps = 1; ; steps += 1) {
          const stop = await killedAfter(steps, name, changed);
          if (stop === undefined) break;
          stops.push(stop);
        }
        const long = name === 'short' ? [] : ['mkdir'];
        const end = changed === '' ? ['unlink'] : ['link', 'unlink'];
        const rmdir = name === 'short' ? [] : ['rmdir'];
        assert.deepEqual(stops, [...long, 'rename', ...end, ...rmdir]);
      });

  it('leaves an unfinished put alone until it is long dead', async () => {
    await withTemp(async (cache) => {
      const name = '.xrootd-archive.incoming.0123';
      writeFileSync(path.join(cache, name), 'half');
      const root = await CacheDirectory.openRoot(cache);
      for (const [later, outcome] of [
        [0, 'incoming'],
        [ABANDONED_AFTER_SECONDS - 60, 'incoming'],
        [ABANDONED_AFTER_SECONDS + 60, 'abandoned'],
      ] as const)
        for await (const entry of walk(root)) {
          assert.ok(entry.kind === 'leftover' && entry.leftover === 'incoming');
          assert.deepEqual(await handleLeftover(root, entry, Date.now() + later * 1000), { outcome });
        }
      await root.close();
      assert.deepEqual(readdirSync(cache), []);
    });
  });
});

/** What its last step was; undefined if it ended by itself. */
async function killedAfter(steps: number, name: string, changed: string): Promise<string | undefined> {
  return withTemp(async (cache) => {
    writeFileSync(path.join(cache, name), 'verified');
    const script = path.join(import.meta.dirname, 'children/stop_at_step.js');
    const child = spawn(process.execPath, [script, cache, name, String(steps), changed], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      child.kill('SIGKILL');
    });
    await once(child, 'close');
    const stop = /^after (\w+)/.exec(said)?.[1];
    const root = await CacheDirectory.openRoot(cache);
    for await (const entry of walk(root))
      if (entry.kind === 'leftover') await handleLeftover(root, entry, Date.now() + 120_000);
    await root.close();
    const gone = changed === '' && stop !== 'mkdir' && stop !== 'rename';
    assert.deepEqual(readdirSync(cache), gone ? [] : [name], stop);
    const written = changed === '' || stop === 'mkdir' || stop === 'rename' ? 'verified' : 'verified changed';
    if (!gone) assert.equal(readFileSync(path.join(cache, name), 'utf8'), written, stop);
    return stop;
  });
}
