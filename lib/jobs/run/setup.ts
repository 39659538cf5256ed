/** Options, and the connections that go with them. */
import { checkAccess, secretsOf } from '../../config/access.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { openTarget } from '../../remote/open_store.js';

export interface Setup {
  config: ArchiveConfig;
  /** Every job gets its connections here: the files with secrets are checked anew each time. */
  open: () => Promise<LimitedStore>;
}

export function setupOf(config: ArchiveConfig): Setup {
  let store: LimitedStore | undefined;
  const open = async () => {
    await checkAccess(secretsOf(config));
    return (store ??= openTarget(config));
  };
  return { config, open };
}
