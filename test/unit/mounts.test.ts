import assert from 'node:assert/strict';
import { missingMount, mountsOf } from '../../lib/config/mounts.js';

const root = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw';
const data = '40 22 8:17 / /data rw,relatime shared:2 - xfs /dev/sdb1 rw';
const nested = '41 40 8:33 / /data/my\\040cache rw - xfs /dev/sdc1 rw';
const fstab = `# /data/my\\040cache is no entry here
UUID=1 / ext4 defaults 0 1
UUID=2 /data xfs defaults 0 2
UUID=3  none  swap sw 0 0
\t/dev/sdc1 /data/my\\040cache/ xfs nofail 0 0
`;

describe('a disk that should be mounted', () => {
  const cases: [title: string, directory: string, mounted: string[], expected: string | undefined][] = [
    ['all are', '/data/my cache/in', [root, data, nested], undefined],
    ['none is', '/data/my cache/in', [root], '/data/my cache'],
    ['the directory itself isn’t one', '/data/my cache', [root, data], '/data/my cache'],
    ['the disk below it is, the one above isn’t', '/data/my cache', [root, nested], undefined],
    ['a neighbour isn’t', '/data/my cache 2', [root, data], undefined],
    ['the one above isn’t', '/data/other', [root], '/data'],
    ['nothing is known of it', '/srv/cache', [root], undefined],
    ['the system doesn’t tell what is mounted', '/data', [], undefined],
  ];
  for (const [title, directory, mounted, expected] of cases)
    it(`${title}: ${String(expected)}`, () => {
      assert.equal(missingMount(directory, { fstab, mounted: mounted.join('\n') }), expected);
      assert.equal(missingMount(directory, { fstab: '', mounted: mounted.join('\n') }), undefined);
    });
});

describe('what is mounted', () => {
  it('with the type of its file system, whatever optional fields stand before it', () => {
    const proc = '24 22 0:22 / /proc rw shared:5 master:1 - proc proc rw';
    assert.deepEqual(mountsOf([root, nested, proc, 'no mount', ''].join('\n')), [
      { point: '/', type: 'ext4' },
      { point: '/data/my cache', type: 'xfs' },
      { point: '/proc', type: 'proc' },
    ]);
  });
});
