import { FileSystem, onClientLog } from '../../../lib/xrdcl/index.js';

const [url = ''] = process.argv.slice(2);
const fs = new FileSystem(url);
await fs.ping();
onClientLog(() => undefined)();
await fs.ping();
onClientLog(() => {
  process.stderr.write('heard');
});
