/** The format of a segment, without a server. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  forgottenLine,
  headerLine,
  parseHeader,
  parseLine,
  rowLine,
  segmentName,
  sequenceOf,
} from '../../lib/catalogue/segment.js';
import { hashOfFile, readSegment, writeSegment } from '../../lib/catalogue/segment_file.js';
import { LinePages } from '../../lib/catalogue/segment_pages.js';
import { collect } from '../support/archive.js';
import { NOON, rowOf, withCatalogue } from '../support/catalogue.js';
import { withTemp } from '../support/temporary.js';

const header = {
  ...{
    archive: randomUUID(),
    target: 'localhost:1094//base',
    sequence: 1,
    kind: 'changes' as const,
    full: 0,
  },
  ...{ rows: 2, forgotten: 0, previous: null, made: '2026-01-01T00:00:00.000Z' },
};

const DAMAGED = { name: 'SegmentError', code: 'DamagedSegment' };

describe('a segment', () => {
  it('is named by its number, with room for more than 99,999,999', () => {
    const name = segmentName('id', 7);
    assert.equal(name, '.xrootd-archive.catalogue/id/00000007.jsonl.gz');
    const number = (sequence: number) => sequenceOf(segmentName('id', sequence).split('/').at(-1) ?? '');
    for (const sequence of [1, 99_999_999, 100_000_000]) assert.equal(number(sequence), sequence);
    for (const other of ['1.jsonl.gz', '00000000.jsonl.gz', '00000001.jsonl', 'x00000001.jsonl.gz', ''])
      assert.equal(sequenceOf(other), undefined, other);
  });

  it('has lines that say the same when they are read', () => {
    const whole = rowOf('ä/\u2028 "\\', {
      ...{ onTape: 1, removing: 2, removed: 3, rule: 'backed_up', onlineRemoved: 4, followed: 5, lost: 6 },
      ...{ loss: 'a\nb', audited: 7, audit: 'ok', mtime: -62_135_596_800_000_000, source: 'put' },
    });
    for (const row of [whole, rowOf('plain'), rowOf('x', { checksums: [], remoteMtime: null, mode: null })]) {
      assert.deepEqual(parseLine(rowLine(row)), { row });
      const forgotten = { path: row.path, at: NOON, reason: 'why', row };
      assert.deepEqual(parseLine(forgottenLine({ ...forgotten, ...{ id: 9 } })), { forgotten });
    }
    const { format: _, version, ...rest } = parseHeader(headerLine(header));
    assert.deepEqual([rest, version], [header, 1]);
  });

  it('of a newer version is refused with advice; facts that a newer program added are left out', () => {
    const newer = headerLine(header).replace('"version":1', '"version":2');
    assert.throws(() => parseHeader(newer), { code: 'NewerSegment', message: /use that version/ });
    const more = rowLine(rowOf('a')).replace('{', '{"colour":"red",');
    assert.deepEqual(parseLine(more), { row: rowOf('a') });
  });

  const bad: [title: string, line: string][] = [
    ['no JSON', '{'],
    ['null', 'null'],
    ['no path', rowLine(rowOf('a')).replace('"path":"a",', '')],
    ...[
      '',
      '/etc/passwd',
      '../a',
      'a/../b',
      'a//b',
      'a\nb',
      '.xrootd-archive.lock',
      'a/.xrootd-archive.x',
    ].map((path): [string, string] => [`the path ${JSON.stringify(path)}`, rowLine(rowOf(path))]),
    ['a size below 0', rowLine(rowOf('a', { size: -1 }))],
    ['a time that is no whole number', rowLine(rowOf('a', { onTape: 1.5 }))],
    ['a time that is no date', rowLine(rowOf('a', { onTape: Number.MAX_SAFE_INTEGER }))],
    [
      'a row under another name',
      JSON.stringify({ forgotten: { path: 'b', at: 1, reason: 'r', row: rowOf('a') } }),
    ],
    ['a checksum that would be two', rowLine(rowOf('a', { checksums: [{ type: 'a b', value: '0' }] }))],
    ['another rule', rowLine(rowOf('a')).replace('{', '{"rule":"always",')],
  ];
  for (const [title, line] of bad)
    it(`with a line that has ${title} is damaged`, () => {
      assert.throws(() => parseLine(line), DAMAGED);
    });

  it('is written in pieces, and is one gzip file for other programs; each flipped byte is noticed', async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => rowOf(`d/${String(i).padStart(6, '0')}`));
    await withCatalogue({ rows }, async ({ catalogue }) => {
      await withTemp(async (directory) => {
        const file = join(directory, 'segment');
        const pages = await LinePages.of(catalogue, {});
        const headerOf = (counted: { rows: number; forgotten: number }) => ({ ...header, ...counted });
        const first = await writeSegment(file, pages, 1500, headerOf);
        assert.deepEqual([first.header.rows, first.upTo, first.isLast], [2000, 'd/001999', false]);
        assert.equal(first.hash, await hashOfFile(file));
        const second = await writeSegment(file, pages, 1500, headerOf);
        assert.deepEqual([second.header.rows, second.upTo, second.isLast], [500, 'd/002499', true]);
        const read = (await collect(readSegment(file))).flat();
        assert.deepEqual(
          read,
          rows.slice(2000).map((row) => ({ row })),
        );
        const bytes = await readFile(file);
        assert.equal(gunzipSync(bytes).toString().split('\n').length, 502);
        const damaged = join(directory, 'damaged');
        for (let at = 10; at < bytes.length; at += 97) {
          const copy = Buffer.from(bytes);
          copy[at] = (copy[at] ?? 0) ^ 0x55;
          await writeFile(damaged, copy);
          await assert.rejects(collect(readSegment(damaged)), DAMAGED, String(at));
        }
        for (const length of [0, 5, 100, bytes.length - 1]) {
          await writeFile(damaged, bytes.subarray(0, length));
          await assert.rejects(collect(readSegment(damaged)), DAMAGED, String(length));
        }
      });
    });
  });

  it('with more or fewer lines than its header says is damaged, and so is a line without end', async () => {
    await withTemp(async (directory) => {
      const file = join(directory, 'segment');
      const line = rowLine(rowOf('a'));
      const texts = [1, 3].map((lines) => headerLine(header) + line.repeat(lines));
      for (const text of [...texts, `${headerLine(header)}${line}${line.trimEnd()}`]) {
        await writeFile(file, gzipSync(text));
        await assert.rejects(collect(readSegment(file)), DAMAGED);
      }
      await writeFile(file, gzipSync(headerLine(header) + 'x'.repeat(2 ** 24)));
      await assert.rejects(collect(readSegment(file)), { ...DAMAGED, message: /line without end/ });
    });
  });
});
