import assert from 'node:assert/strict';
import { resolveOptions } from '../../lib/config/index.js';
import { checkRetention, retentionSettings } from '../../lib/jobs/retention/retention_settings.js';

const now = new Date('2024-02-29T10:00:00Z');

function settings(more: Record<string, unknown>, targetUrl = 'root://tape.example//archive') {
  const retention = { period: 'P3Y', ...more };
  return retentionSettings(resolveOptions({ targetUrl, retention }), now);
}

describe('retention settings', () => {
  const onlineDirectory = '/online';

  it('count years and months by the calendar', () => {
    const cutoff = (period: string) => settings({ onlineDirectory, period }).rules.cutoff.toISOString();
    assert.equal(cutoff('P3Y'), '2021-02-28T10:00:00.000Z');
    assert.equal(cutoff('P4Y'), '2020-02-29T10:00:00.000Z');
    assert.equal(cutoff('P18M'), '2022-08-29T10:00:00.000Z');
    assert.equal(cutoff('P1095D'), '2021-03-01T10:00:00.000Z');
  });

  it('without holds hold nothing', () => {
    assert.equal(settings({ onlineDirectory }).rules.held.names('a'), false);
    assert.equal(settings({ onlineDirectory, hold: ['.'] }).rules.held.names('a'), true);
  });

  const bad: [more: Record<string, unknown>, message: RegExp][] = [
    [{ onlineDirectory, hold: ['/data/2021'] }, /^retention\.hold\.0: the path "\/data\/2021" is absolute/],
    [{ onlineDirectory, hold: ['a', '../b'] }, /^retention\.hold\.1: .*"\.\."/],
    [{ onlineDirectory, datePattern: '%m' }, /^retention\.datePattern: must have a year/],
    [{ onlineUrl: 'root://tape.example//archive' }, /^retention\.onlineUrl: is the target/],
    [{ onlineUrl: 'roots://TAPE.example:1094//archive/2021' }, /^retention\.onlineUrl: is the target/],
    [{ onlineUrl: 'root://u@tape.example//' }, /^retention\.onlineUrl: is the target/],
  ];
  for (const [more, message] of bad)
    it(`refuse ${JSON.stringify(more)}`, () => {
      assert.throws(() => settings(more), { name: 'ConfigError', exitCode: 2, message });
    });

  it('let another place of the target’s server be', () => {
    for (const onlineUrl of ['root://tape.example//archive2', 'root://tape.example:1095//archive'])
      assert.ok('server' in settings({ onlineUrl }).place);
  });

  it('are needed only for retention', () => {
    const config = resolveOptions({ targetUrl: 'root://tape.example//archive' });
    checkRetention(config, now);
    assert.throws(() => retentionSettings(config, now), { message: /^retention: is missing/ });
  });
});
