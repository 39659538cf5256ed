/** A pass for each Archive whose options are in the list (JSON), all in this process; what became of it as a line of JSON. */
import { Archive, type ArchiveOptions } from '../../../lib/index.js';

const list = JSON.parse(process.argv[2] ?? '[]') as ArchiveOptions[];

for (const options of list) {
  try {
    const archive = new Archive({ settleSeconds: 0, autoRemove: 'never', ...options });
    const { copied, kept, failed, failures } = await archive.backup();
    tell({ copied, kept, failed, codes: failures.map(({ code }) => code) });
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    tell({ name, message, code });
  }
}

function tell(what: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
