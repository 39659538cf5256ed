import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nodeProblem } from '../../lib/cli/node_version.js';

describe('the version of Node.js', () => {
  it('is at least what package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    const least = engines.node.replace('>=', '');
    assert.equal(nodeProblem(`${least}.0`), undefined);
    assert.match(
      nodeProblem('18.20.4') ?? '',
      new RegExp(`^Node\\.js ${least} or newer is needed, and this is 18\\.20\\.4`),
    );
    assert.match(nodeProblem('20.18.3') ?? '', /is needed/);
    for (const newer of ['20.20.2', '22.0.0', '26.1.0']) assert.equal(nodeProblem(newer), undefined);
  });
});
