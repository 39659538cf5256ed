/** Servers that let clients wait, send them in circles, refuse single files or tell nonsense: the table of docs/faults.md. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { recordsIn } from '../support/archive.js';
import {
  answered,
  redirected,
  refused,
  unanswered,
  waiting,
  type Decide,
  type Told,
} from '../support/answering_relay.js';
import { withBehaving, type Behaving } from '../support/behaving.js';
import type { Ended } from '../support/cli.js';
import { tellFigure, unlessMeasured } from '../support/figures.js';
import { holdsRecord } from '../support/records.js';
import { scaled } from '../support/tier.js';

const MiB = 2 ** 20;
const records = { bad: 5000, good: 5000 };
const large = { bad: 3 * MiB, good: 5000 };

const sizesInTurn = (
  [
    ['small', records],
    ['large', large],
  ] as const
).slice(0, scaled('sizes of records', 1, 2));

const isOf = (name: string, kind: string) => (request: Told) =>
  request.kind === kind && request.paths.some((each) => each.split('?', 1)[0]?.endsWith(`/${name}`));

/** `good` has gone to the server, `bad` is whole where it was, and nothing of it is on the server. */
async function assertOnlyBadStayed(
  { server, cache }: Behaving,
  sizes: Readonly<Record<string, number>>,
  { code, stdout, stderr }: Ended,
  message: RegExp,
): Promise<void> {
  assert.equal(code, 1, stdout + stderr);
  assert.match(stdout, message);
  assert.deepEqual(await recordsIn(cache), ['bad']);
  assert.ok(await holdsRecord(path.join(cache, 'bad'), 'bad', sizes['bad'] ?? 0));
  assert.ok(await holdsRecord(server.file('/base/good'), 'good', sizes['good'] ?? 0));
}

async function assertAllGone({ server, cache }: Behaving, sizes: object, { code, stdout, stderr }: Ended) {
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(await recordsIn(cache), []);
  for (const [name, size] of Object.entries(sizes) as [string, number][])
    assert.ok(await holdsRecord(server.file(`/base/${name}`), name, size), name);
}

describe('a server that fails for one file', () => {
  const cases: [title: string, decide: (relay: () => string) => Decide, message: RegExp][] = [
    [
      'stat fails',
      () => (request) => (isOf('bad', 'stat')(request) ? refused(3007, 'Input/output error') : undefined),
      /bad: stat .*Input\/output error \[IOError, kXR 3007\]/,
    ],
    [
      'stat is redirected in a circle',
      (url) => (request) => (isOf('bad', 'stat')(request) ? redirected(url()) : undefined),
      /bad: stat .*\[RedirectLimit, XrdCl 306\]/,
    ],
    [
      'open is redirected in a circle',
      (url) => (request) => (isOf('bad', 'open')(request) ? redirected(url()) : undefined),
      /bad: copy .*\[RedirectLimit, XrdCl 306\]/,
    ],
    [
      'open is refused as overloaded',
      () => (request) => (isOf('bad', 'open')(request) ? refused(3024, 'too many users') : undefined),
      /bad: copy .*too many users.*\[Overloaded, kXR 3024\]/,
    ],
    [
      'open is refused for lack of space',
      () => (request) =>
        isOf('bad', 'open')(request) ? refused(3009, 'no space left on device') : undefined,
      /bad: copy .*no space left on device.*\[NoSpace, kXR 3009\]/,
    ],
    [
      'open is refused for lack of quota',
      () => (request) => (isOf('bad', 'open')(request) ? refused(3021, 'quota exceeded') : undefined),
      /bad: copy .*quota exceeded.*\[OverQuota, kXR 3021\]/,
    ],
  ];
  for (const [how, sizes] of sizesInTurn)
    for (const [title, decideBy, message] of cases)
      it(`${title}, ${how}: told, and kept; the others go`, async () => {
        let url = '';
        const decide = decideBy(() => url);
        await withBehaving(
          sizes,
          (request) => decide(request),
          async (behaving) => {
            ({ url } = behaving.relay);
            const ended = await behaving.run(['backup'], `${title}, ${how}`);
            await assertOnlyBadStayed(behaving, sizes, ended, message);
            assert.ok(!existsSync(behaving.server.file('/base/bad')));
            // As soon as the server is well again.
            behaving.relay.decide = () => undefined;
            await assertAllGone(behaving, sizes, await behaving.run(['backup']));
          },
        );
      });
});

describe('a server that is overloaded for a while', () => {
  it('refuses two attempts: the third one copies', async () => {
    let refusals = 0;
    await withBehaving(
      records,
      (request) =>
        isOf('bad', 'open')(request) && refusals++ < 2 ? refused(3024, 'too many users') : undefined,
      async (behaving) => {
        const ended = await behaving.run(['backup'], 'overloaded for two attempts');
        await assertAllGone(behaving, records, ended);
        assert.match(ended.stderr, /too many users.* attempt=2 retriesLeft=1/);
      },
    );
  });

  it('lets each request wait for a second: all is done', async () => {
    const waited = new Set<string>();
    await withBehaving(
      records,
      ({ kind, text }) => {
        if (!['stat', 'open', 'mkdir', 'query checksum'].includes(kind)) return undefined;
        // libXrdCl adds a number of its own to the path of an open.
        const key = `${kind} ${text.split('?', 1)[0]}`;
        if (waited.has(key)) return undefined;
        waited.add(key);
        return waiting(1);
      },
      async (behaving) => {
        await assertAllGone(behaving, records, await behaving.run(['backup'], 'kXR_wait of 1 s each'));
      },
    );
  });
});

describe('a server that says "wait" for long (kXR_wait)', () => {
  // 20 seconds is the default, and is waited for three times.
  const keys = { request_timeout_seconds: unlessMeasured(2, 20) };
  const stops = scaled('commands that are stopped while a server lets them wait', 0, 1) > 0;

  it('to a stat: told after three attempts, and kept; the others go', async () => {
    await withBehaving(
      records,
      (request) => (isOf('bad', 'stat')(request) ? waiting(600) : undefined),
      async (behaving) => {
        const ended = await behaving.run(['backup'], 'kXR_wait of 600 s to a stat');
        await assertOnlyBadStayed(behaving, records, ended, /bad: stat .*\[OperationExpired, XrdCl 206\]/);
      },
      keys,
    );
  });

  for (const [how, sizes] of sizesInTurn) {
    it(`to the open of a ${how} record, for longer than libXrdCl waits: told, and kept; the others go`, async () => {
      await withBehaving(
        sizes,
        (request) => (isOf('bad', 'open')(request) ? waiting(600) : undefined),
        async (behaving) => {
          // 1,800 by default.
          const env = { XRD_REQUESTTIMEOUT: '10' };
          const ended = await behaving.run(['backup'], `kXR_wait to an open, ${how}`, { env });
          await assertOnlyBadStayed(behaving, sizes, ended, /bad: copy .*\[OperationExpired, XrdCl 206\]/);
        },
      );
    });

    it(`to the open of a ${how} record: the others go meanwhile, and SIGTERM ends the command within half a minute`, async function () {
      if (!stops) this.skip();
      await withBehaving(
        sizes,
        (request) => (isOf('bad', 'open')(request) ? waiting(600) : undefined),
        async (behaving) => {
          const running = behaving.start(['backup', '--json']);
          await running.until(({ stdout }) => stdout.includes('"file:removed","path":"good"'));
          const asked = performance.now();
          running.child.kill('SIGTERM');
          const { code, stderr } = await running.ended;
          const seconds = (performance.now() - asked) / 1000;
          // 15 s for the copy, 5 for the command, 3 for its threads.
          assert.ok(seconds < 35, `${seconds} s`);
          assert.equal(code, 130, stderr);
          tellFigure(`SIGTERM while the open of a ${how} record waits`, seconds);
          assert.ok(await holdsRecord(path.join(behaving.cache, 'bad'), 'bad', sizes.bad));
        },
      );
    });
  }
});

describe('checksums of a server', () => {
  const isAsked = isOf('bad', 'query checksum');
  for (const [title, decide] of Object.entries<Decide>({
    'of another type than was asked for': (request) =>
      isAsked(request) ? answered('md5 0123456789abcdef0123456789abcdef') : undefined,
    'that are nonsense': (request) => (isAsked(request) ? answered('adler32 what?') : undefined),
    'without a value': (request) => (isAsked(request) ? answered('adler32') : undefined),
    'that are empty': (request) => (isAsked(request) ? answered('') : undefined),
    'that are not supported': (request) =>
      isAsked(request) ? refused(3013, 'checksum is not supported') : undefined,
    'of a type that it does not have': (request) =>
      isAsked(request) ? refused(3000, 'adler32 checksum not supported.') : undefined,
    'that it fails to compute': (request) => (isAsked(request) ? refused(3012, 'Program failed') : undefined),
  }))
    it(`${title}: the file is read back, and goes`, async () => {
      await withBehaving(large, decide, async (behaving) => {
        await assertAllGone(behaving, large, await behaving.run(['backup'], `checksums ${title}`));
      });
    });

  it('that differ: told and kept, and the copy is taken back', async () => {
    await withBehaving(
      large,
      (request) => (isAsked(request) ? answered('adler32 01234567') : undefined),
      async (behaving) => {
        const ended = await behaving.run(['backup'], 'checksums that differ');
        await assertOnlyBadStayed(
          behaving,
          large,
          ended,
          /bad: .*but gives a checksum of others .*taken back/,
        );
        assert.ok(!existsSync(behaving.server.file('/base/bad')));
      },
    );
  });
});

describe('a server that answers everything but one stat', () => {
  const keys = { request_timeout_seconds: unlessMeasured(2, 20) };
  it('told after three attempts, and kept; the others go', async function () {
    if (scaled('stats that are never answered', 0, 1) === 0) this.skip();
    await withBehaving(
      records,
      (request) => (isOf('bad', 'stat')(request) ? unanswered : undefined),
      async (behaving) => {
        const ended = await behaving.run(['backup'], 'no answer to one stat');
        await assertOnlyBadStayed(behaving, records, ended, /bad: stat .*XrdCl (206|103)\]/);
      },
      keys,
    );
  });
});
