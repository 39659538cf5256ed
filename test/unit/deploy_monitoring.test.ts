/** deploy/grafana and deploy/prometheus speak of metrics that exist, with labels that those have. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { Metrics } from '../../lib/service/metrics.js';
import { parseExposition } from '../support/prometheus.js';
import { viewOf } from '../support/catalogue_views.js';
import { disk, finished, started } from '../support/reports.js';

function example(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url)), 'utf8');
}

function document(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url)), 'utf8');
}

function yaml(name: string): unknown {
  const [document, ...others] = parseAllDocuments(example(name));
  assert.deepEqual([document?.errors, document?.warnings, others], [[], [], []]);
  return document?.toJS();
}

/** All series that there can be: names with the labels that they have. */
async function series(): Promise<Map<string, Set<string>>> {
  const audit = { cronString: '0 5 * * *', samplePercent: 1 };
  const metrics = new Metrics(() => ({ cacheDirectory: '/cache', warningMarkPercent: 50, audit }));
  metrics.hearCatalogue(viewOf());
  metrics.hear(started());
  metrics.hear({ type: 'usage', warning: false, ...disk(10) });
  metrics.hear({ type: 'file:copied', path: 'a', size: 1, seconds: 1 });
  metrics.hear({ type: 'file:failed', path: 'b', code: 'NotFound', message: 'm', conflict: false });
  const oldest = { path: 'c', since: '2026-03-01T00:00:00Z' };
  metrics.hear(finished({ notOnTape: { files: 1, bytes: 1, overdue: 0, oldest } }));
  const known = new Map<string, Set<string>>();
  for (const { name, labels } of parseExposition(await metrics.text()).samples)
    known.set(name, new Set([...(known.get(name) ?? []), ...Object.keys(labels), 'instance', 'job']));
  return known.set('up', new Set(['instance', 'job']));
}

/** Metrics that an expression names, each with the labels that select. */
function named(expression: string): { name: string; labels: string[] }[] {
  const found = [
    ...expression.matchAll(/\b(xrootd_archive_\w+|process_\w+|nodejs_\w+|up)\b(?:\{([^}]*)\})?/g),
  ];
  return found.map(([, name = '', labels = '']) => ({
    name,
    labels: [...labels.matchAll(/(\w+)(?==~?")/g)].map(([label]) => label),
  }));
}

function assertBalanced(expression: string): void {
  const open: string[] = [];
  for (const character of expression.replace(/"[^"]*"/g, '')) {
    if ('([{'.includes(character)) open.push(character);
    if (')]}'.includes(character)) assert.equal(open.pop(), '([{'[')]}'.indexOf(character)], expression);
  }
  assert.deepEqual(open, [], expression);
}

async function assertKnown(expressions: readonly string[]): Promise<void> {
  const known = await series();
  for (const expression of expressions) {
    assertBalanced(expression);
    const metrics = named(expression);
    assert.ok(metrics.length > 0, expression);
    for (const { name, labels } of metrics) {
      const own = known.get(name);
      assert.ok(own, `${name} is no metric: ${expression}`);
      for (const label of labels) assert.ok(own.has(label), `${name} has no label ${label}`);
    }
  }
}

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

describe('deploy/: the alert rules', () => {
  const { groups } = yaml('prometheus/xrootd-archive.rules.yaml') as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  it('ask for metrics that exist', async () => {
    assert.ok(rules.length > 5);
    await assertKnown(rules.map(({ expr }) => expr));
  });

  it('have each a name of their own, a severity, and words for people', () => {
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, labels, annotations } of rules) {
      assert.match(labels.severity, /^(warning|critical)$/, alert);
      assert.ok(annotations.summary.length > 10 && annotations.description.length > 10, alert);
      for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g))
        assert.match(label, /^(instance|kind|code)$/, alert);
    }
  });

  it('are explained to operators, each under a heading of docs/operations.md', () => {
    const explained = document('operations.md')
      .split('\n')
      .filter((line) => line.startsWith('### Xrootd'))
      .flatMap((line) => line.slice(4).split(', '));
    assert.deepEqual(explained.sort(), rules.map(({ alert }) => alert).sort());
  });

  it('are what the example of a Prometheus configuration reads', () => {
    const scrape = yaml('prometheus/scrape.yaml') as {
      rule_files: string[];
      scrape_configs: { job_name: string }[];
    };
    assert.deepEqual(scrape.rule_files, ['xrootd-archive.rules.yaml']);
    assert.equal(scrape.scrape_configs[0]?.job_name, 'xrootd-archive');
  });
});

describe('deploy/: the Grafana dashboard', () => {
  const { panels } = JSON.parse(example('grafana/xrootd-archive.json')) as { panels: Panel[] };

  it('asks for metrics that exist', async () => {
    assert.ok(panels.length > 5);
    await assertKnown(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
  });

  it('has panels that lie beside each other', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const { title, gridPos: a } of panels) {
      assert.ok(a.x + a.w <= 24, title);
      for (const { title: other, gridPos: b } of panels.filter((panel) => panel.gridPos !== a)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        assert.ok(apart, `${title}, ${other}`);
      }
    }
  });
});

describe('docs/monitoring.md', () => {
  it('has a row for each metric, with its labels', async () => {
    const docs = document('monitoring.md');
    const known = new Map<string, string[]>();
    for (const [name, labels] of await series()) {
      const base = name.replace(/_(bucket|sum|count)$/, '');
      const own = [...labels].filter((label) => !['instance', 'job', 'le'].includes(label)).sort();
      if (name.startsWith('xrootd_archive_')) known.set(base, own);
    }
    const documented = [...docs.matchAll(/^\| `(xrootd_archive_\w+)` +\| ([^|]*)\|/gm)].map(
      ([, name = '', labels = '']) =>
        [name, [...labels.matchAll(/\w+/g)].map(([label]) => label).sort()] as const,
    );
    assert.deepEqual(new Map([...documented].sort()), new Map([...known].sort()));
  });
});
