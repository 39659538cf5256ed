import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DiskRoom, type RoomClaim } from '../../lib/cache/disk_room.js';

const full = { code: 'ENOSPC', message: /^no room in \/there: it needs 60 bytes, and 40 are left/ };

describe('room on a disk', () => {
  it('is promised once', async () => {
    const room = new DiskRoom('/there', () => Promise.resolve(100));
    const claim = await room.claim(60);
    await assert.rejects(room.claim(60), full);
    claim.end();
    (await room.claim(60)).end();
  });

  it('of what was written is gone, also after its end', async () => {
    let done = 0;
    const room = new DiskRoom('/there', () => Promise.resolve(100 - done));
    const claim = await room.claim(80);
    claim.written((done = 30));
    claim.written((done = 60));
    await assert.rejects(room.claim(21), { code: 'ENOSPC' });
    claim.end();
    await assert.rejects(room.claim(60), full);
    await room.claim(40);
  });

  it('is never promised beyond what there is', async () => {
    const step = fc.oneof(
      fc.record({ claim: fc.nat(50) }),
      fc.record({ write: fc.nat(60), of: fc.nat(9) }),
      fc.record({ end: fc.nat(9) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const disk = 100;
        const files: { claim: RoomClaim; size: number; done: number; open: boolean }[] = [];
        const left = () => files.reduce((rest, { done }) => rest - done, disk);
        const room = new DiskRoom('/there', () => Promise.resolve(left()));
        for (const each of steps) {
          if ('claim' in each) {
            const size = each.claim;
            const claim = await room.claim(size).catch(() => undefined);
            if (claim !== undefined) files.push({ claim, size, done: 0, open: true });
          } else {
            const file = files['write' in each ? each.of : each.end];
            if (file?.open !== true) continue;
            if ('write' in each) file.done = Math.max(file.done, Math.min(file.size, each.write));
            if ('write' in each) file.claim.written(file.done);
            else {
              file.claim.end();
              file.open = false;
            }
          }
          const used = files.reduce((sum, { size, done, open }) => sum + (open ? size : done), 0);
          assert.ok(used <= disk);
        }
      }),
    );
  });
});
