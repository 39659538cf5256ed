/** Troubles as one mail. Pure. */
import { redactText } from '../config/index.js';
import { count, plural } from '../rules/quantities.js';
import { LOST_ADVICE, UNUSABLE_ADVICE } from './lost_records.js';
import { TROUBLE_KINDS, type Trouble } from './trouble.js';

export interface Digest {
  subject: string;
  text: string;
}

export interface DigestContext {
  /** This machine's name. */
  machine: string;
  cache: string | undefined;
  target: string;
  /** Troubles of the last pass that were mailed not long ago, and are still there. */
  known: number;
  /** As it is configured: `20h`. */
  repeatAfter: string;
}

type Kind = Trouble['kind'];

/** Lines of one kind that a mail shows. */
const mostLines = 50;

const HEADINGS: Record<Kind, string> = {
  lost: 'Records that the server has lost',
  crash: 'A pass ended early',
  catalogue: 'The catalogue cannot be used',
  warning: 'To be looked at',
  usage: "The cache's disk is filling",
  overdue: 'Too long without a copy on tape',
  failure: 'Files that failed or conflict',
};

/** What to do, where the lines don't say it. */
const ADVICE: Partial<Record<Kind, string>> = { lost: LOST_ADVICE, catalogue: UNUSABLE_ADVICE };

const IN_SUBJECT: Record<Kind, (count: number) => string> = {
  lost: (records) => `${plural(records, 'record')} lost`,
  crash: () => 'a pass ended early',
  catalogue: () => 'catalogue cannot be used',
  warning: (warnings) => plural(warnings, 'warning'),
  usage: () => 'cache disk filling',
  overdue: () => 'records too long without tape',
  failure: (files) => `${plural(files, 'file')} failed`,
};

/** Nothing secret is in it: see redact.ts. */
export function digestOf(troubles: readonly Trouble[], context: DigestContext): Digest {
  const { machine, cache, target, known, repeatAfter } = context;
  const kinds = TROUBLE_KINDS.map((kind) => ({
    kind,
    texts: troubles.filter((trouble) => trouble.kind === kind).map(({ text }) => text),
  })).filter(({ texts }) => texts.length > 0);
  const subject = kinds.map(({ kind, texts }) => IN_SUBJECT[kind](texts.length)).join(', ');
  const sections = kinds.map(({ kind, texts }) => {
    const advice = ADVICE[kind];
    return [HEADINGS[kind], ...shown(texts), ...(advice === undefined ? [] : [advice])].join('\n');
  });
  const footer = [
    ...(known === 0 ? [] : [`Still there, and told in an earlier mail: ${count(known)}`]),
    ...(cache === undefined ? [] : [`Cache: ${cache}`]),
    `Target: ${target}`,
    `Machine: ${machine}`,
    `The same trouble is not mailed again for ${repeatAfter}.`,
  ].join('\n');
  return {
    subject: redactText(`xrootd-archive on ${machine}: ${subject}`),
    text: redactText([...sections, footer].join('\n\n')) + '\n',
  };
}

function shown(texts: readonly string[]): string[] {
  const lines = texts.slice(0, mostLines).map((text) => `  ${text.replace(/\s*[\r\n]+\s*/g, ' | ')}`);
  const more = texts.length - lines.length;
  return more === 0 ? lines : [...lines, `  and ${count(more)} more; the log has them`];
}
