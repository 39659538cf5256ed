/** What a scenario found, and what the project demands of it. */
import type { Amount, Contestant } from './contestant.js';
import type { Summary } from './summary.js';

export interface ContestantResult {
  name: string;
  amount: Amount;
  basis: NonNullable<Contestant['basis']>;
  /** Amount a second, by the contestant's basis. */
  rate: Summary;
  /** By name; the unit is the end of the name. */
  measures: Record<string, Summary>;
}

export interface Verdict {
  what: string;
  /** Undefined: it couldn't be measured here. */
  value: number | undefined;
  sense: 'at least' | 'at most';
  /** Undefined: nothing is demanded, it is good to know. */
  demanded: number | undefined;
  unit: string;
  met: boolean | undefined;
}

export interface ScenarioResult {
  scenario: string;
  title: string;
  seconds: number;
  facts: Record<string, string | number>;
  contestants: ContestantResult[];
  wanted: Verdict[];
}

export type Wish = (results: readonly ContestantResult[]) => Verdict;

type Measure = 'rate' | (string & {});

/** The ratio of two contestants' medians: the first one's by the second one's. */
export function ratio(
  first: string,
  second: string,
  demanded?: number,
  { sense = 'at least', measure = 'rate' }: { sense?: Verdict['sense']; measure?: Measure } = {},
): Wish {
  return (results) => {
    const [above, below] = [first, second].map((name) => medianOf(results, name, measure));
    const value = above === undefined || below === undefined ? undefined : above / below;
    return verdict(`${first} : ${second}${suffix(measure)}`, value, sense, demanded, '×');
  };
}

/** The ratio of the rates of the work itself, without the start of the processes. */
export function innerRatio(first: string, second: string, demanded?: number): Wish {
  return (results) => {
    const [above, below] = [first, second].map((name) => {
      const result = results.find((each) => each.name === name);
      const seconds = result?.measures['innerSeconds']?.median;
      return seconds === undefined ? undefined : result!.amount.count / seconds;
    });
    const value = above === undefined || below === undefined ? undefined : above / below;
    return verdict(`${first} : ${second}, the work itself`, value, 'at least', demanded, '×');
  };
}

/** A number of one contestant. */
export function bound(
  name: string,
  measure: Measure,
  sense: Verdict['sense'],
  demanded: number | undefined,
  unit: string,
  scale = 1,
): Wish {
  return (results) => {
    const value = medianOf(results, name, measure);
    return verdict(`${name}${suffix(measure)}`, value && value * scale, sense, demanded, unit);
  };
}

/** Everybody's event loop that told of it: at most 10 ms. */
export function loopWishes(results: readonly ContestantResult[]): Verdict[] {
  return results
    .filter(({ measures }) => measures['loopP99Milliseconds'] !== undefined)
    .map(({ name }) => bound(name, 'loopP99Milliseconds', 'at most', 10, 'ms')(results));
}

function medianOf(results: readonly ContestantResult[], name: string, measure: Measure): number | undefined {
  const result = results.find((each) => each.name === name);
  return measure === 'rate' ? result?.rate.median : result?.measures[measure]?.median;
}

function suffix(measure: Measure): string {
  return measure === 'rate' ? '' : `, ${measure}`;
}

function verdict(
  what: string,
  value: number | undefined,
  sense: Verdict['sense'],
  demanded: number | undefined,
  unit: string,
): Verdict {
  const met =
    value === undefined || demanded === undefined
      ? undefined
      : sense === 'at least'
        ? value >= demanded
        : value <= demanded;
  return { what, value, sense, demanded, unit, met };
}
