import { environment } from '../../../lib/xrdcl/index.js';

const streamTimeout = environment.get('StreamTimeout');
const writeRecovery = environment.get('WriteRecovery');
const put = environment.put('StreamTimeout', 3);
process.stdout.write(
  JSON.stringify({ streamTimeout, writeRecovery, put, after: environment.get('StreamTimeout') }),
);
