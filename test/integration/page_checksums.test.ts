import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./children/page_checksums.js', import.meta.url));

function after(verify: string[], env: NodeJS.ProcessEnv = {}): string {
  const options = { env: { ...process.env, ...env }, encoding: 'utf8' as const };
  return execFileSync(process.execPath, [script, ...verify], options).trim();
}

describe('pages travel with checksums', () => {
  it('unless every store of the process compares whole files', () => {
    assert.equal(after(['checksum', 'checksum']), '0 0');
    assert.equal(after(['size', 'size']), '1 1');
    assert.equal(after(['checksum', 'size', 'checksum']), '0 1 1');
    assert.equal(after(['size', 'checksum']), '1 1');
  });

  it('as the shell says, if it says anything', () => {
    assert.equal(after(['checksum'], { XRD_CPUSEPGWRTRD: '1' }), '1');
    assert.equal(after(['size'], { XRD_CPUSEPGWRTRD: '0' }), '0');
  });
});
