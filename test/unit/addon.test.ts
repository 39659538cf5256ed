/** native/addon.cc exports just what lib/addon/addon.ts declares. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { addon, addonFile } from '../../lib/addon/addon.js';
import { propertiesOf, typesOf } from '../support/types.js';

describe('the addon', () => {
  it('has every function that is declared, and no others', () => {
    const { checker, type } = typesOf('lib/addon/addon.ts')('Addon');
    assert.deepEqual(Object.keys(addon).sort(), propertiesOf(checker, type).sort());
  });

  it('is linked with no Node.js: it is loaded by whichever runs', () => {
    assert.doesNotMatch(readFileSync(addonFile).toString('latin1'), /\blibnode\.so/);
  });
});
