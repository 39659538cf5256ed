import assert from 'node:assert/strict';
import { addSecrets, withoutSecrets } from '../../lib/xrdcl/secrets.js';

describe('secrets', () => {
  it('what is always the same stays hidden, however often a token beside it is renewed', () => {
    for (let renewal = 0; renewal < 500; renewal++) {
      addSecrets(`key=the-same-all-the-time&authz=Bearer%20token-of-renewal-${renewal}`);
      assert.equal(withoutSecrets('the-same-all-the-time'), '***', `renewal ${renewal}`);
    }
  });
});
