import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { appendFile, cp, writeFile } from 'node:fs/promises';
import path, { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { withTemp } from '../support/temporary.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const eslint = new ESLint({ cwd: root, overrideConfigFile: 'scripts/lint/house.mjs' });

/** The rules that `code` breaks when it stands in `file`. */
async function broken(file: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: file });
  return (result?.messages ?? []).map((message) => message.ruleId);
}

const paths = 'import-x/no-restricted-paths';
const imports = '@typescript-eslint/no-restricted-imports';

const cases: [title: string, file: string, code: string, rules: string[]][] = [
  ['jobs may use rules', 'lib/jobs/x.ts', "import '../rules/removal.js';", []],
  ['rules may not use jobs', 'lib/rules/x.ts', "import '../jobs/events/events.js';", [paths]],
  [
    'not even their types',
    'lib/rules/x.ts',
    "import type { Report } from '../jobs/events/report.js';",
    [paths],
  ],
  ['xrdcl knows nothing of lib', 'lib/xrdcl/x.ts', "import '../config/index.js';", [paths]],
  ['cache and remote are apart', 'lib/remote/x.ts', "import '../cache/capture.js';", [paths]],
  ['xrdcl may use posix', 'lib/xrdcl/x.ts', "import '../posix/index.js';", []],
  ['posix knows nothing of XRootD', 'lib/posix/x.ts', "import '../xrdcl/index.js';", [paths]],
  ['restore may stage', 'lib/jobs/restore/x.ts', "import '../staging/stager.js';", []],
  ['backup may not', 'lib/jobs/backup/x.ts', "import '../staging/stager.js';", [paths]],
  ['a run knows no job', 'lib/jobs/run/x.ts', "import '../backup/backup.js';", [paths]],
  ['nor do records', 'lib/jobs/record/x.ts', "import type { X } from '../backup/backup.js';", [paths]],
  ['the sandbox may use xrdcl', 'lib/sandbox/x.ts', "import '../xrdcl/index.js';", []],
  ['the sandbox may not use config', 'lib/sandbox/x.ts', "import '../config/index.js';", [paths]],
  ['jobs may not use the sandbox', 'lib/jobs/x.ts', "import '../sandbox/index.js';", [paths]],
  ['jobs and remote may use flow', 'lib/remote/x.ts', "import '../flow/once.js';", []],
  ['which uses nothing', 'lib/flow/x.ts', "import '../config/index.js';", [paths]],
  ['the service may use jobs', 'lib/service/x.ts', "import '../jobs/events/events.js';", []],
  ['but not the API', 'lib/service/x.ts', "import '../index.js';", [paths]],
  ['nor the class behind it', 'lib/service/x.ts', "import '../archive.js';", [paths]],
  ['jobs may not use the service', 'lib/jobs/x.ts', "import '../service/clock.js';", [paths]],
  ['the command line may', 'lib/cli/x.ts', "import '../sandbox/index.js';", []],
  ['lib may not use tests', 'lib/jobs/x.ts', "import '../../test/unit/house.test.js';", [paths]],
  ['nor the demo', 'lib/cli/x.ts', "import '../../demo/story.js';", [paths]],
  ['rules do no I/O', 'lib/rules/x.ts', "import 'node:fs';", [imports]],
  ['rules take types from below', 'lib/rules/x.ts', "import type { X } from '../config/index.js';", []],
  ['but no code', 'lib/rules/x.ts', "import '../config/index.js';", [imports]],
  ['rules have no clock', 'lib/rules/x.ts', 'Date.now();', ['no-restricted-properties']],
  ['in either form', 'lib/rules/x.ts', 'new Date();', ['no-restricted-syntax']],
];

describe('the house: no file has more than 300 lines', () => {
  const lines = (count: number) => 'export {};\n'.repeat(count);
  for (const file of ['lib/jobs/x.ts', 'demo/x.ts'])
    it(file, async () => {
      assert.deepEqual(await broken(file, lines(300)), []);
      assert.deepEqual(await broken(file, lines(301)), ['max-lines']);
    });

  it('a test may: test/x.ts', async () => {
    assert.deepEqual(await broken('test/x.ts', lines(301)), []);
  });

  it('native/ is held by check-sources', () =>
    withTemp(async (directory) => {
      for (const name of ['native', 'scripts'])
        await cp(join(root, name), join(directory, name), { recursive: true });
      const check = () => {
        const program = join(directory, 'scripts', 'check-sources.mjs');
        const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
        return { status, stderr };
      };
      const header = join(directory, 'native', 'posix', 'x.h');
      await writeFile(header, '//\n'.repeat(300));
      assert.deepEqual(check(), { status: 0, stderr: '' });
      await appendFile(header, '//\n');
      const told = 'check-sources: native/posix/x.h has 301 lines, more than 300\n';
      assert.deepEqual(check(), { status: 1, stderr: told });
    }));
});

describe('the house: imports point downwards', () => {
  for (const [title, file, code, rules] of cases) {
    it(`${title}: ${file} with ${code}`, async () => {
      assert.deepEqual(await broken(file, code), rules);
    });
  }

  it('knows every room of lib/ and of lib/jobs', async () => {
    const rooms = (house: string) =>
      readdirSync(path.join(root, house), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of rooms('lib').filter((room) => room.name !== 'cli'))
      assert.deepEqual(await broken(`lib/${name}/x.ts`, "import '../cli/main.js';"), [paths], `lib/${name}`);
    for (const { name } of rooms('lib/jobs').filter((room) => room.name !== 'verify'))
      assert.deepEqual(
        await broken(`lib/jobs/${name}/x.ts`, "import '../verify/verify.js';"),
        [paths],
        `lib/jobs/${name}`,
      );
  });
});
