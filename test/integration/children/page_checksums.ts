/** Opens a store for each way to verify that is named, and tells after each whether pages travel with checksums. */
import { resolveOptions } from '../../../lib/config/index.js';
import { openStore } from '../../../lib/remote/open_store.js';
import { environment } from '../../../lib/xrdcl/index.js';

for (const verify of process.argv.slice(2)) {
  if (verify !== 'checksum' && verify !== 'size') throw new Error(verify);
  openStore(resolveOptions({ targetUrl: 'root://localhost//archive', verify }));
  process.stdout.write(`${String(environment.get('CpUsePgWrtRd'))} `);
}
