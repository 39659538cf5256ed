import { FileSystem, onClientLog, setClientLogLevel } from '../../../lib/xrdcl/index.js';

const [url = ''] = process.argv.slice(2);
onClientLog(() => {
  throw new Error("the listener's own");
});
setClientLogLevel('debug');
await new FileSystem(url).ping();
