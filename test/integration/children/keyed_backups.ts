/** One Archive for each keytab (`-`: none) in this process, a pass each; what became of it as a line of JSON. */
import { Archive } from '../../../lib/index.js';

const [cacheDirectory = '', targetUrl = '', ...keytabs] = process.argv.slice(2);

for (const keytab of keytabs) {
  const key = keytab === '-' ? {} : { keytabFilePath: keytab };
  try {
    const archive = new Archive({ cacheDirectory, targetUrl, settleSeconds: 0, autoRemove: 'never', ...key });
    const { scanned, copied, kept, failed } = await archive.backup();
    tell({ scanned, copied, kept, failed });
  } catch (error) {
    const { name, message, code, exitCode } = error as Error & { code?: string; exitCode?: number };
    tell({ name, message, code, exitCode });
  }
}

function tell(what: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
