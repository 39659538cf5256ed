import assert from 'node:assert/strict';
import { PathsByNumber } from '../../lib/jobs/separation/paths_by_number.js';
import { Proofs } from '../../lib/jobs/separation/proofs.js';

describe('proofs', () => {
  it('one is made once for all who ask, and again after it failed', async () => {
    const proofs = new Proofs();
    let made = 0;
    const fails = () => {
      made += 1;
      return Promise.reject(new Error('not now'));
    };
    const answers = await Promise.allSettled([proofs.of('d', fails), proofs.of('d', fails)]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(made, 1);
    const succeeds = () => {
      made += 1;
      return Promise.resolve();
    };
    await Promise.all([proofs.of('d', succeeds), proofs.of('d', succeeds)]);
    await proofs.of('d', fails);
    assert.equal(made, 2);
  });

  it('of very many the oldest is forgotten, and made again', async () => {
    const proofs = new Proofs();
    let made = 0;
    const prove = () => {
      made += 1;
      return Promise.resolve();
    };
    for (let index = 0; index <= 10_000; index += 1) await proofs.of(String(index), prove);
    await proofs.of('10000', prove);
    assert.equal(made, 10_001);
    await proofs.of('0', prove);
    assert.equal(made, 10_002);
  });
});

describe('a proof that is passing', () => {
  it('is made again for the next who asks', async () => {
    const proofs = new Proofs();
    let made = 0;
    for (const expected of [1, 2]) {
      await proofs.of('d', () => Promise.resolve((made += 1) && 'passing'));
      assert.equal(made, expected);
    }
  });
});

describe('paths by number', () => {
  async function* three() {
    await Promise.resolve();
    yield { path: 'a', number: 1 };
    yield { path: 'b', number: 2 };
    yield { path: 'c', number: 1 };
  }

  it('all with that number, by one walk however many are asked for', async () => {
    let walks = 0;
    const paths = new PathsByNumber(() => {
      walks += 1;
      return three();
    });
    assert.deepEqual(await paths.pathsOf(3), []);
    assert.deepEqual(await paths.pathsOf(4), []);
    assert.deepEqual(await paths.pathsOf(1), ['a', 'c']);
    assert.deepEqual(await paths.pathsOf(2), ['b']);
    assert.equal(walks, 1);
  });

  it('a walk that failed is made again', async () => {
    let walks = 0;
    const paths = new PathsByNumber(async function* () {
      walks += 1;
      if (walks === 1) throw new Error('not now');
      yield* three();
    });
    await assert.rejects(paths.pathsOf(1), /not now/);
    assert.deepEqual(await paths.pathsOf(2), ['b']);
  });
});
