/** The C++ programs of the benchmarks, compiled into build-bench/ when their sources are newer. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { benchSource, projectRoot } from './places.js';

export interface NativeTools {
  /** harness/measure.cc */
  measure: string;
  /** harness/delay_proxy.cc */
  delayProxy: string;
  /** floor/floor.cc */
  floor: string;
}

/** @throws {Error} with the compiler's words */
export function buildNativeTools(): NativeTools {
  const own = ['-std=gnu++17', '-O2', '-Wall', '-Wextra', '-pthread'];
  const client = ['cflags', 'include', 'ldflags', 'libraries'].flatMap((what) =>
    buildInfo(what).map((value) => (what === 'include' ? `-isystem${value}` : value)),
  );
  return {
    measure: compile('measure', benchSource('harness', 'measure.cc'), own),
    delayProxy: compile('delay_proxy', benchSource('harness', 'delay_proxy.cc'), own),
    floor: compile('floor', benchSource('floor', 'floor.cc'), [...own, ...client]),
  };
}

function buildInfo(what: string): string[] {
  const script = join(projectRoot, 'scripts', 'build-info.cjs');
  const answer = execFileSync(process.execPath, [script, 'xrootd_archive', what], { encoding: 'utf8' });
  return answer.split('\n').filter((line) => line !== '');
}

function compile(name: string, source: string, flags: string[]): string {
  const directory = join(projectRoot, 'build-bench');
  const program = join(directory, name);
  const made = statSync(program, { throwIfNoEntry: false });
  if (made !== undefined && made.mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(directory, { recursive: true });
  // The libraries come after the source that needs them.
  execFileSync('g++', ['-o', program, source, ...flags], { stdio: ['ignore', 'inherit', 'inherit'] });
  return program;
}
