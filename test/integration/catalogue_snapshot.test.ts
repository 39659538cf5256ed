/** Numbers and lists that are told together are of one moment, although a pass writes meanwhile. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { status } from '../../lib/jobs/catalogue/status.js';
import { viewCatalogue } from '../../lib/service/catalogue_view.js';
import { NOON, rowOf, withCatalogue, type CatalogueBench } from '../support/catalogue.js';

const row = rowOf('a', { removing: NOON, removed: NOON, rule: 'cached' });

/** While somebody loses the record, and forgets it, again and again. */
async function whileWritten({ catalogue }: CatalogueBench, look: () => Promise<void>): Promise<void> {
  const looked = new AbortController();
  const written = (async () => {
    for (let at = NOON; !looked.signal.aborted; at += 10) {
      catalogue.note({ kind: 'imported', row: { ...row, compared: at } });
      await catalogue.durable({ kind: 'lost', path: 'a', at: at + 1, reason: 'gone' });
      await catalogue.durable({ kind: 'forgotten', path: 'a', at: at + 2, reason: 'test' });
      await turn();
    }
  })();
  try {
    for (let looks = 0; looks < 20; looks++) await look();
  } finally {
    looked.abort();
    await written;
  }
}

describe('what is told of a catalogue together is of one moment', () => {
  it('on the page and in the metrics', async () => {
    await withCatalogue({}, async (bench) => {
      const counted = new Set<number>();
      await whileWritten(bench, async () => {
        const { facts, nothing } = await viewCatalogue({ ...bench.config, maxAgeWarning: undefined });
        assert.ok(facts !== null, nothing?.text);
        assert.equal(facts.lost.length, facts.records.lost.records);
        assert.equal(facts.parts.length, facts.records.lost.records + facts.records.waiting.records);
        counted.add(facts.lost.length);
      });
      assert.deepEqual([...counted].sort(), [0, 1]);
    });
  });

  it('by catalogue status', async () => {
    await withCatalogue({}, async (bench) => {
      const config = { ...bench.config, catalogueSegments: true, catalogueSegmentsUrl: undefined };
      const counted = new Set<number>();
      await whileWritten(bench, async () => {
        const { lost, states, parts } = await status(config);
        assert.equal(lost.length, states.lost.records);
        assert.equal(parts.length, states.lost.records + states.waiting.records);
        counted.add(lost.length);
      });
      assert.deepEqual([...counted].sort(), [0, 1]);
    });
  });
});
