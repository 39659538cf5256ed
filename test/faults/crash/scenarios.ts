/** What is under way when a process ends, and what must be true after it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { captureDirectoryName, captureName, ownFile } from '../../../lib/cache/own_files.js';
import { Archive, type ArchiveOptions, type Report } from '../../../lib/index.js';
import type { TapeSandbox } from '../../../lib/sandbox/index.js';
import { assertAddsUp, keepingLogger, type Bench } from '../../support/archive.js';
import { allRows, mustOpen } from '../../support/catalogue.js';
import { Claims } from '../../support/catalogue_claims.js';
import { bytesOf, holdsRecord, writeRecord } from '../../support/records.js';
import type { StoppedJob } from '../../support/stopped_process.js';

export const SCENARIOS = [
  ...(['a small record', 'a large record', 'a record on tape', 'a record that changes'] as const),
  ...(['a removal that is refused', 'put of a stream', 'put in one call', 'a restore'] as const),
  ...(['a restore from tape', 'retention', 'a rebuild'] as const),
];
export type ScenarioName = (typeof SCENARIOS)[number];

type Named = readonly [name: string, size: number];

export type JobToStop = Omit<StoppedJob, 'reached' | 'go' | 'point' | 'call' | 'callPath'>;

const SMALL = 3000;
const LARGE = 2 ** 20 + 4099;
/** Years ago: what retention takes. */
const LONG_AGO = Date.parse('2020-01-01T00:00:00Z') / 1000;

/** One scenario on a cache and a base of its own; each round has records of its own. */
export class Scenario {
  readonly name: ScenarioName;
  readonly #sandbox: TapeSandbox;
  readonly #directory: string;
  readonly #base: string;
  readonly #claims: Claims;
  readonly #options: ArchiveOptions;
  readonly #rule: 'cached' | 'backed_up';
  #round = 0;

  /** @param url of the server, as clients are to reach it */
  private constructor(name: ScenarioName, sandbox: TapeSandbox, url: string, directory: string) {
    this.name = name;
    this.#sandbox = sandbox;
    this.#directory = directory;
    this.#base = `s${SCENARIOS.indexOf(name)}`;
    this.#rule = /tape|retention/.test(name) ? 'backed_up' : 'cached';
    const targetUrl = `${url}/${this.#base}`;
    this.#options = {
      ...{ cacheDirectory: this.#cache, targetUrl, autoRemove: this.#rule },
      // What a kill has cut is as young as somebody's upload: nobody else is here.
      ...{ settleSeconds: 0, retryDelaySeconds: 0, unfinishedAfterSeconds: 0, logLevel: 'error' },
      ...{ stagePollMinSeconds: 0.1, stagePollMaxSeconds: 0.2, stageDeadlineSeconds: 20 },
      ...(name === 'retention' && { retention: { period: 'P3Y', onlineDirectory: this.#cache } }),
    };
    this.#claims = new Claims({
      cache: this.#cache,
      sandbox: { url: targetUrl, diskPath: (path: string) => this.#disk(path) },
    } as unknown as Bench);
  }

  static async make(
    name: ScenarioName,
    sandbox: TapeSandbox,
    url: string,
    directory: string,
  ): Promise<Scenario> {
    const scenario = new Scenario(name, sandbox, url, directory);
    for (const path of [scenario.#cache, sandbox.diskPath(scenario.#base)])
      await mkdir(path, { recursive: true });
    // The server runs as another user.
    await chmod(sandbox.diskPath(scenario.#base), 0o777);
    return scenario;
  }

  get #cache(): string {
    return join(this.#directory, this.#base, 'cache');
  }

  /** Where this round's restore goes, or its rebuilt catalogue. */
  get #other(): string {
    return join(this.#directory, this.#base, `other${this.#round}`);
  }

  /** This round's records. */
  get #records(): readonly [Named, ...Named[]] {
    const below = (name: string) => `r${this.#round}/${name}`;
    if (this.name.startsWith('put')) return [[below('a'), 5000]];
    if (this.name === 'a large record') return [[below('a'), LARGE]];
    return [
      [below('a'), SMALL],
      [below('d/b'), SMALL + 1],
    ];
  }

  #disk(path: string): string {
    return this.#sandbox.diskPath(`${this.#base}/${path}`);
  }

  async #run(
    job: (archive: Archive) => Promise<Report>,
    more: Partial<ArchiveOptions> = {},
  ): Promise<Report> {
    const report = await job(new Archive({ ...this.#options, ...more }, { logger: keepingLogger().logger }));
    assertAddsUp(report);
    return report;
  }

  /** Makes all ready for the job of the next round. */
  async prepare(): Promise<JobToStop> {
    this.#round += 1;
    const [[path]] = this.#records;
    const options = this.#options;
    const whole = { path: `r${this.#round}`, options };
    switch (this.name) {
      case 'put in one call':
        return { job: 'put', options, path };
      case 'put of a stream':
        await writeRecord(this.#cache, path, 777);
        return { job: 'put a stream', options, path };
      case 'a small record':
      case 'a large record':
        await this.#write();
        return { job: 'backup', ...whole };
      case 'a record that changes':
        await this.#write();
        return { job: 'backup', ...whole, forced: 'change' };
      case 'a removal that is refused':
        await this.#write();
        return { job: 'backup', ...whole, forced: 'refusal' };
      case 'a record on tape':
        await this.#archive();
        return { job: 'backup', ...whole };
      case 'retention':
        await this.#archive();
        return { job: 'retention', ...whole };
      case 'a rebuild':
        await this.#write();
        await this.#complete();
        return { job: 'rebuild', ...whole, options: { ...options, cacheDirectory: this.#other } };
      case 'a restore':
        await this.#write();
        await this.#complete();
        return { job: 'restore', ...whole, to: this.#other };
      case 'a restore from tape':
        await this.#write();
        await this.#complete();
        await this.#sandbox.evict(this.#records.map(([name]) => `${this.#base}/${name}`));
        return { job: 'restore', ...whole, to: this.#other };
    }
  }

  async #write(): Promise<void> {
    for (const [name, size] of this.#records) {
      await this.#claims.write(name, size);
      if (this.name === 'retention') await utimes(join(this.#cache, name), LONG_AGO, LONG_AGO);
    }
  }

  /** On tape, and in the cache. */
  async #archive(): Promise<void> {
    await this.#write();
    await this.#run((archive) => archive.backup(), { autoRemove: 'never' });
    await this.#sandbox.migrateAll();
  }

  /** What holds whatever was under way. */
  async checkWhole(): Promise<void> {
    if (this.name.startsWith('put')) await this.#checkPut();
    else {
      for (const [name, size] of this.#records) await this.#checkRecord(name, size);
      // Online files have rows of another kind, and of offline ones the claims see only the stub.
      if (this.name !== 'retention' && this.name !== 'a restore from tape')
        await this.#claims.check(
          this.#round % 2 === 0 ? 'copy' : 'read and write',
          this.#records.map(([name]) => name),
        );
      if (this.name.startsWith('a restore')) await this.#checkRestored();
    }
  }

  async #checkRecord(name: string, size: number): Promise<void> {
    const path = join(this.#cache, name);
    const own = (of: (name: string) => string) =>
      join(dirname(path), of(path.slice(dirname(path).length + 1)));
    for (const local of [path, own(captureName), own(captureDirectoryName)])
      if (existsSync(local)) {
        assert.ok(await holdsRecord(local, name, size), `${local} isn't what was written`);
        return;
      }
    const remote = `${this.#base}/${name}`;
    const state = await this.#sandbox.stateOf(remote);
    const there = state?.offline === true ? this.#sandbox.tapePath(remote) : this.#sandbox.diskPath(remote);
    assert.ok(await holdsRecord(there, name, size), `${name} has gone, and the server hasn't it`);
    if (this.#rule === 'backed_up') assert.equal(state?.onTape, true, `${name} isn't on tape`);
    if (this.name !== 'retention') return;
    await using catalogue = await mustOpen(
      {
        catalogue: true,
        cataloguePath: undefined,
        cacheDirectory: this.#cache,
        targetUrl: this.#options.targetUrl,
      },
      { mode: 'read' },
    );
    const [row] = await catalogue.rowsOf([name]);
    assert.equal(row?.size, size, `${name} has gone without a row`);
  }

  /** Under the name is what was there before, the new record, or nothing. */
  async #checkPut(): Promise<void> {
    const [[name, size]] = this.#records;
    const path = join(this.#cache, name);
    if (!existsSync(path)) assert.equal(this.name, 'put in one call', `${name} has gone`);
    else if (!(await holdsRecord(path, name, size)))
      assert.ok(
        this.name === 'put of a stream' && (await holdsRecord(path, name, 777)),
        `half of ${name} has its name`,
      );
  }

  async #checkRestored(): Promise<void> {
    for (const [name, size] of this.#records) {
      const path = join(this.#other, name);
      if (existsSync(path)) assert.ok(await holdsRecord(path, name, size), `half of ${name} was restored`);
    }
  }

  /** Things go on as if nothing had been, to their end. */
  async goOn(): Promise<void> {
    const [[name, size]] = this.#records;
    if (this.name.startsWith('put')) {
      const archive = new Archive(this.#options, { logger: keepingLogger().logger });
      await archive.put(name, bytesOf(name, size), { overwrite: true });
    } else if (this.name === 'retention') await this.#endRetention();
    else if (this.name === 'a rebuild') await this.#endRebuild();
    if (this.name !== 'retention') await this.#complete();
    await this.#restore();
    assert.deepEqual(left(this.#cache), [], 'what our processes have left in the cache');
  }

  async #endRetention(): Promise<void> {
    const here = () => this.#records.filter(([name]) => existsSync(join(this.#cache, name)));
    // What was captured is put back by one pass, and goes with the next.
    for (let pass = 0; pass < 2 && (pass === 0 || here().length > 0); pass += 1)
      assert.deepEqual((await this.#run((archive) => archive.retention({ confirm: true }))).failures, []);
    assert.deepEqual(here(), []);
  }

  async #endRebuild(): Promise<void> {
    const options = { cacheDirectory: this.#other };
    const report = await this.#run((archive) => archive.rebuild({ from: 'segments' }), options);
    assert.deepEqual(report.failures, []);
    const rowsOf = async (cacheDirectory: string) => {
      const { targetUrl } = this.#options;
      await using catalogue = await mustOpen(
        { catalogue: true, cataloguePath: undefined, cacheDirectory, targetUrl },
        { mode: 'read' },
      );
      return await allRows(catalogue);
    };
    assert.deepEqual(await rowsOf(this.#other), await rowsOf(this.#cache));
  }

  /** Until all records have left the cache. */
  async #complete(): Promise<void> {
    const told: unknown[] = [];
    const here = () => this.#records.filter(([name]) => existsSync(join(this.#cache, name)));
    // A capture that was put back in one pass is archived by the next; tape takes what the first one copied.
    for (let pass = 0; pass < 5 && (pass === 0 || here().length > 0); pass += 1) {
      const { failures, keptReasons, warnings } = await this.#run((archive) => archive.backup());
      told.push(failures, keptReasons, warnings);
      await this.#sandbox.migrateAll();
    }
    assert.deepEqual(here(), [], JSON.stringify(told));
  }

  async #restore(): Promise<void> {
    const to = this.#other;
    const report = await this.#run((archive) => archive.restore([`r${this.#round}`], { to }));
    assert.deepEqual(report.failures, []);
    for (const [name, size] of this.#records)
      assert.ok(await holdsRecord(join(to, name), name, size), `${name} was restored wrong`);
    if (this.name !== 'a rebuild')
      assert.deepEqual(left(to), [], 'what our processes have left in the restore');
    await rm(to, { recursive: true });
  }
}

/** Captures and temporary files of ours, but for what an ended put has begun: that stays until it is old. */
function left(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => {
    const own = ownFile(basename(path));
    return own === 'removing' || own === 'other' || (own === 'incoming' && !directory.endsWith('/cache'));
  });
}
