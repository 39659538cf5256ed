import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { createLogger, redacting, type Logger } from '../../lib/config/logger.js';
import { redact, redactText } from '../../lib/config/redact.js';
import { unhandledRejections } from '../support/rejections.js';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl';

describe('secrets', () => {
  const table: [string, string][] = [
    ['root://h//f?authz=Bearer%20abc&x=1', 'root://h//f?authz=***&x=1'],
    ['open root://h//f?xrd.sss=/home/me/key.kt failed', 'open root://h//f?xrd.sss=*** failed'],
    ['a?xrd.gsiusrpxy=/tmp/x509&xrd.ztn=tok', 'a?xrd.gsiusrpxy=***&xrd.ztn=***'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
    [`Bearer ${TOKEN}.more.parts`, 'Bearer ***'],
    [`token is ${TOKEN}!`, 'token is ***!'],
    ['root://me:secret@host//f', 'root://me:***@host//f'],
    ['access_token=1&password=2;passwd=3', 'access_token=***&password=***'],
    ['nothing here: a=b&c=d, root://me@host//f', 'nothing here: a=b&c=d, root://me@host//f'],
  ];
  for (const [text, clean] of table)
    it(`are taken out of ${text.slice(0, 40)}`, () => {
      assert.equal(redactText(text), clean);
    });

  it('are taken out of URLs whose scheme is long', () => {
    for (const scheme of ['a', 'x'.repeat(31), 'a+b.c-'.repeat(50)])
      assert.equal(redactText(`${scheme}://me:secret@host/f`), `${scheme}://me:***@host/f`);
  });

  it('are taken out of what only begins like a token before it', () => {
    assert.equal(redactText(`eyJaaaaa-${TOKEN}`), '***');
    assert.equal(redactText(`eyJaaaaa, eyJaaaaa.b, ${TOKEN}`), 'eyJaaaaa, eyJaaaaa.b, ***');
  });

  // Looked at once more from each of its letters, such a text would take minutes.
  for (const unit of [
    'x',
    'a+',
    'eyJaaaaa-',
    'eyJaaaaa.',
    'https://',
    'a://b:',
    'Bearer ',
    'token=',
    '&xrd.gsiusr',
  ])
    it(`are looked for in a long text of ${unit} in a time that grows with its length`, () => {
      const text = unit.repeat(200_000 / unit.length);
      const begun = performance.now();
      redactText(`${text} root://me:secret@host`);
      assert.ok(performance.now() - begun < 5000);
    });

  it('are taken out of fields, errors and nested values', () => {
    const error = Object.assign(new Error(`no: ${TOKEN}`), { target: 'root://h//f?authz=x1y2' });
    const text = JSON.stringify(
      redact({ error, deep: [{ token: 'x1y2', url: new URL('root://h/f?authz=x1y2') }], n: 1n }),
    );
    assert.doesNotMatch(text, /x1y2|eyJ/);
    assert.match(text, /"n":"1"/);
  });
});

describe('the logger', () => {
  async function lines(options: object, use: (logger: Logger) => void): Promise<string[]> {
    const stream = new PassThrough();
    use(createLogger({ ...options, stream }));
    await setImmediate();
    stream.end();
    return (await text(stream)).split('\n').slice(0, -1);
  }

  it('writes a line for people', async () => {
    const [line] = await lines({}, (logger) => {
      logger.debug('not this');
      logger.warn('disk\nnearly full', { path: 'a b', percent: 91.5, level: 'x' });
    });
    assert.match(
      line ?? '',
      /^\d{4}-\d\d-\d\dT[\d:.]+Z WARNING disk \| nearly full path="a b" percent=91.5$/,
    );
  });

  it('keeps names of files from forging lines, and from moving the cursor of a terminal', async () => {
    const hostile = [
      '\r',
      '\x1b[2J',
      '\x07',
      '\u0085',
      '\u009b2J',
      '\u2028',
      '\u2029',
      '\u202e',
      '\u2066',
      '\u200f',
    ];
    const found = await lines({}, (logger) => {
      for (const each of hostile) logger.error(`a${each}b`, { record: `a${each}b`, nested: [each] });
    });
    assert.equal(found.length, hostile.length);
    for (const line of found) assert.doesNotMatch(line, /[\p{Cc}\u200f\u2028\u2029\u202e\u2066]/u);
    assert.match(found[4] ?? '', /ERROR {3}a\\u009b2Jb record="a\\u009b2Jb" nested=\["\\u009b2J"\]$/);
  });

  it('writes JSON for machines', async () => {
    const [line] = await lines({ json: true, level: 'debug' }, (logger) => {
      logger.debug('copied', { path: 'f', url: 'root://h//f?authz=hunter2' });
    });
    const { timestamp, ...rest } = JSON.parse(line ?? '') as Record<string, unknown>;
    assert.ok(timestamp);
    assert.deepEqual(rest, { level: 'debug', message: 'copied', path: 'f', url: 'root://h//f?authz=***' });
  });

  it('gives a handed-in logger nothing secret, and survives one that throws', () => {
    const seen: unknown[] = [];
    const take = (...args: unknown[]): void => void seen.push(args);
    const mine = redacting({
      debug: take,
      info: take,
      warn: take,
      error: () => {
        throw new Error('full');
      },
    });
    mine.info('x?authz=hunter2', { token: 'hunter2' });
    mine.error('lost');
    assert.deepEqual(seen, [['x?authz=***', { token: '***' }]]);
  });

  it('survives a handed-in logger that rejects', async () => {
    const reject = (): unknown => Promise.reject(new Error('full'));
    const mine = redacting({ debug: reject, info: reject, warn: reject, error: reject });
    const unheard = await unhandledRejections(() => {
      mine.info('lost');
      mine.error('lost', { path: 'a' });
    });
    assert.deepEqual(unheard, []);
  });

  it('survives a stream that can’t be written to, however many loggers write to it', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write EIO'), { code: 'EIO' }));
      },
    });
    for (let count = 0; count < 20; count += 1) createLogger({ stream }).info('lost');
    await setImmediate();
    assert.equal(stream.destroyed, true);
    assert.equal(stream.listenerCount('error'), 1);
  });
});
