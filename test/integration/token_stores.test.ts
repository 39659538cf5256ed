import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTemp } from '../support/temporary.js';

const child = fileURLToPath(new URL('./children/login_of_two_stores.js', import.meta.url));

describe('two stores with one token file', () => {
  it('one that is opened after a renewal has no connection that logged in with the token before', async () => {
    await withTemp((directory) => {
      const file = join(directory, 'token');
      writeFileSync(file, 'first', { mode: 0o600 });
      const { BEARER_TOKEN: _, ...env } = process.env;
      const [before, renewed, opened] = JSON.parse(
        execFileSync(process.execPath, [child, file], { env, encoding: 'utf8' }),
      ) as string[];
      assert.notEqual(renewed, before);
      assert.equal(opened, renewed);
      return Promise.resolve();
    });
  });
});
