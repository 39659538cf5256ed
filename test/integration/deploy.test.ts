/** The examples of deploy/: what they start is started here as a scheduler would start it, with places that are here. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { cli, mainFile } from '../support/cli.js';
import { filesBelow, withTape, type TapePlace } from '../support/cli_tape.js';
import { withTemp } from '../support/temporary.js';

const exec = promisify(execFile);
const records = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [`day-${i % 2}/${i}.h5`, `record ${i}`]),
);

function example(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url)), 'utf8');
}

/** All that a line of the form `key = value` says, its macros filled in. */
function submitFile(text: string, given: Record<string, string>): Record<string, string> {
  const values: Record<string, string> = { ...given };
  for (const [, key, value] of text.matchAll(/^(\w+) *= *(.*)$/gm)) values[key ?? ''] = value ?? '';
  const filled = (value: string): string =>
    value.replace(/\$\((\w+)\)/g, (_, name: string) =>
      filled(values[name] ?? assert.fail(`${name} is not set`)),
    );
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, filled(value)]));
}

interface Container {
  name: string;
  command: string[];
  args: string[];
  volumeMounts: { name: string; mountPath: string }[];
}

interface Manifest {
  kind: string;
  data: Record<string, string>;
  spec: {
    completionMode: string;
    completions: number;
    parallelism: number;
    podFailurePolicy: { rules: { onExitCodes?: { containerName: string; values: number[] } }[] };
    template: {
      spec: { restartPolicy: string; containers: [Container]; volumes: { name: string }[] };
    };
  };
}

/** A command line with the example's places replaced by those of the test. */
function here(args: readonly string[], { config, to }: TapePlace, example: { config: string; to: string }) {
  const places = new Map([
    [example.config, config],
    [example.to, to],
  ]);
  assert.deepEqual([args.includes(example.config), args.includes(example.to)], [true, true]);
  return args.map((arg) => places.get(arg) ?? arg);
}

async function assertRestoredBy(
  place: TapePlace,
  tasks: readonly Promise<{ stderr: string }>[],
): Promise<void> {
  assert.equal(tasks.length, 4);
  await Promise.all(tasks);
  assert.deepEqual(await filesBelow(place.to), Object.keys(records).sort());
}

async function ended(args: readonly string[]): Promise<{ stderr: string }> {
  const { code, stderr } = await cli(args);
  assert.equal(code, 0, stderr);
  return { stderr };
}

describe('deploy/', () => {
  it('slurm: the tasks of the array restore everything', async () => {
    const text = await example('slurm/restore-array.sbatch');
    const [, first, last] = /^#SBATCH --array=(\d+)-(\d+)$/m.exec(text) ?? [];
    await withTape(records, {}, async (place) => {
      await withTemp(async (directory) => {
        const script = path.join(directory, 'job.sbatch');
        await writeFile(
          script,
          text
            .replace('config=/etc/xrootd-archive/config.yaml', `config=${place.config}`)
            .replace('to=/scratch/restored', `to=${place.to}`),
        );
        await exec('bash', ['-n', script]);
        const command = path.join(directory, 'bin/xrootd-archive');
        await mkdir(path.dirname(command));
        await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${mainFile}" "$@"\n`);
        await chmod(command, 0o755);
        const task = (index: number) =>
          exec('bash', [script], {
            env: {
              ...process.env,
              PATH: `${path.dirname(command)}:${process.env['PATH']}`,
              SLURM_ARRAY_TASK_ID: String(index),
            },
          });
        const tasks = Array.from({ length: Number(last) + 1 }, (_, index) => task(index));
        assert.equal(first, '0');
        await assertRestoredBy(place, tasks);
      });
    });
  });

  it('htcondor: the jobs of the cluster restore everything', async () => {
    const text = await example('htcondor/restore.sub');
    await withTape(records, {}, async (place) => {
      const [, queued = ''] = /^queue (.+)$/m.exec(text) ?? [];
      const jobs = Number(
        submitFile(`${text}\nqueued = ${queued}`, { Cluster: '1', Process: '0' })['queued'],
      );
      const tasks = Array.from({ length: jobs }, (_, index) => {
        const job = submitFile(text, { Cluster: '1', Process: String(index) });
        assert.match(job['executable'] ?? '', /\/xrootd-archive$/);
        const args = (job['arguments'] ?? '').replace(/^"|"$/g, '').split(' ');
        const places = { config: job['config_file'] ?? '', to: job['directory'] ?? '' };
        return ended(here(args, place, places));
      });
      await assertRestoredBy(place, tasks);
    });
  });

  it('systemd: the unit is one, runs the service, and lets it write to the cache only', async function () {
    const text = await example('systemd/xrootd-archive.service');
    const values = (key: string) =>
      [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map((match) => match[1]);
    const [command = ''] = values('ExecStart');
    assert.match(command, /^\/usr\/local\/bin\/xrootd-archive run --config \/etc\//);
    assert.deepEqual([values('Type'), values('NotifyAccess')], [['notify'], ['main']]);
    assert.deepEqual(
      [values('ProtectSystem'), values('ReadWritePaths')],
      [['strict'], values('RequiresMountsFor')],
    );
    const installed = await exec('systemd-analyze', ['--version']).catch(() => undefined);
    if (installed === undefined) this.skip();
    await withTemp(async (directory) => {
      // The command needn't be installed on this machine.
      const unit = path.join(directory, 'xrootd-archive.service');
      await writeFile(unit, text.replace(command, `${process.execPath} ${mainFile} run`));
      const { stdout, stderr } = await exec('systemd-analyze', ['verify', unit]);
      assert.equal(stdout + stderr, '');
      // Out of 100; an ordinary service has 96.
      await exec('systemd-analyze', ['security', '--offline=true', '--threshold=25', unit]);
    });
  });

  it('kubernetes: the pods of the job restore everything', async () => {
    const documents = parseAllDocuments(await example('kubernetes/restore-job.yaml'));
    const [map, job] = documents.map((document) => {
      assert.deepEqual([document.errors, document.warnings], [[], []]);
      return document.toJS() as Manifest;
    });
    assert.ok(map?.kind === 'ConfigMap' && job?.kind === 'Job');
    const { completionMode, completions, parallelism, podFailurePolicy, template } = job.spec;
    const { restartPolicy, containers, volumes } = template.spec;
    const [container] = containers;
    // What the API server would refuse the job for.
    assert.deepEqual([completionMode, restartPolicy], ['Indexed', 'Never']);
    assert.ok(parallelism <= completions);
    const handled = podFailurePolicy.rules.flatMap(({ onExitCodes }) => onExitCodes ?? []);
    assert.deepEqual(
      handled.map(({ containerName }) => containerName),
      [container.name],
    );
    const known = new Set(volumes.map(({ name }) => name));
    for (const { name } of container.volumeMounts) assert.ok(known.has(name), name);
    await withTape(records, {}, async (place) => {
      const file = path.join(place.cache, 'config.yaml');
      const config = map.data['config.yaml'] ?? '';
      await writeFile(file, config.replace(/root:\S+/, place.sandbox.url).replace(/^.*keytab.*\n/m, ''));
      const tasks = Array.from({ length: completions }, (_, index) => {
        const args = container.args.map((arg) => arg.replace('$(JOB_COMPLETION_INDEX)', String(index)));
        assert.deepEqual(container.command, ['xrootd-archive']);
        return ended(
          here(
            args,
            { ...place, config: file },
            { config: '/etc/xrootd-archive/config.yaml', to: '/restored' },
          ),
        );
      });
      await assertRestoredBy(place, tasks);
      assert.equal((await cli(['config', 'check', '--config', file])).code, 0);
    });
  });
});
